//! `POST /api/marketplace/purchase`.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http::{HeaderName, StatusCode, header};
use http_kit::{
    ApiResult, Json,
    openapi::{Conflict, NotFound, PaymentRequired, Unauthorized, Unprocessable},
};
use ids::ListingId;
use serde::{Deserialize, Deserializer, de::IntoDeserializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::views::Transaction;
use crate::{
    domain::LicenseType,
    payments::PaymentMethod,
    service::purchase::{self, Order},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(purchase))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Purchase {
    #[garde(skip)]
    listing_id: ListingId,
    /// In any case.
    #[garde(skip)]
    #[serde(deserialize_with = "in_any_case")]
    payment_method: PaymentMethod,
    #[garde(skip)]
    license_type: LicenseType,
}

fn in_any_case<'de, D: Deserializer<'de>>(d: D) -> Result<PaymentMethod, D::Error> {
    let name = String::deserialize(d)?.to_ascii_uppercase();
    PaymentMethod::deserialize(name.into_deserializer())
}

/// Buy a licence
///
/// For any signed-in user but the seller. When the payment provider does not answer in time, the
/// answer is a 503 with the code `PAYMENT_PENDING`: the transaction it names is settled within a
/// minute, and nobody is charged twice.
#[utoipa::path(
    post, path = "/api/marketplace/purchase", tag = "purchases",
    request_body = Purchase,
    responses(
        (status = 201, description = "Paid; the licence is in the answer.", body = Transaction),
        Unauthorized,
        PaymentRequired,
        NotFound,
        Conflict,
        Unprocessable,
    ),
    security(("bearer" = [])),
)]
async fn purchase(
    State(state): State<AppState>,
    User(buyer): User,
    Json(body): Json<Purchase>,
) -> ApiResult<(StatusCode, [(HeaderName, String); 1], Json<Transaction>)> {
    let order = Order {
        listing_id: body.listing_id,
        license_type: body.license_type,
        payment_method: body.payment_method,
    };
    let purchase = purchase::purchase(&state, &buyer, order).await?;
    let transaction = Transaction::seen_by(buyer.id)(purchase);
    let location = format!("/api/marketplace/transactions/{}", transaction.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(transaction)))
}
