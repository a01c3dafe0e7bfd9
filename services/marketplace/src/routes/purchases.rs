//! `POST /api/marketplace/purchase`: buying a licence.

use auth::User;
use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use http::{StatusCode, header};
use http_kit::{ApiResult, Json, openapi::Problems};
use idempotency::{IdempotencyKeyHeader, Key, KeyProblems};
use ids::ListingId;
use serde::{Deserialize, Deserializer, de::IntoDeserializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::transaction_response::TransactionResponse;
use crate::{
    domain::{LicenseType, Money, PaymentMethod},
    error::codes,
    service::purchases::{self, Order},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(purchase_license))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PurchaseLicense {
    #[garde(skip)]
    listing_id: ListingId,
    /// In any case.
    #[garde(skip)]
    #[serde(deserialize_with = "deserialize_ignoring_case")]
    payment_method: PaymentMethod,
    /// PERSONAL, when left out.
    #[garde(skip)]
    #[serde(default)]
    #[schema(default = "PERSONAL")]
    license_type: Option<LicenseType>,
    /// What the buyer was shown: another price by now is a 409 `PRICE_CHANGED`, and nothing is charged.
    #[garde(skip)]
    expected_amount: Option<Money>,
}

/// Parses a payment method without regard to case.
fn deserialize_ignoring_case<'de, D: Deserializer<'de>>(d: D) -> Result<PaymentMethod, D::Error> {
    let name = String::deserialize(d)?.to_ascii_uppercase();
    PaymentMethod::deserialize(name.into_deserializer())
}

/// Buy a licence
///
/// For any signed-in user but the seller. When the payment provider does not answer in time, the
/// answer is a 503 with the code `PAYMENT_PENDING`: the transaction it names is settled within a
/// minute, and nobody is charged twice.
///
/// With an `Idempotency-Key` the same order can be sent again without buying twice: it is answered as
/// the first time, for at least a day. The same key with another order is a 422; while the first is
/// not settled, the answer is a 409 with `Retry-After`. What was refused before anyone was to be
/// charged is not remembered.
#[utoipa::path(
    post, path = "/api/marketplace/purchase", tag = "purchases",
    params(IdempotencyKeyHeader),
    request_body = PurchaseLicense,
    responses(
        (status = 201, description = "Paid; the licence is in the answer.", body = TransactionResponse,
            headers(("Location" = String, description = "Where the transaction is."))),
        Problems::<(
            codes::ListingNotFound, codes::ListingNotActive, codes::OwnListing,
            codes::NoCommercialPrice, codes::PriceChanged, codes::AlreadyLicensed,
            codes::PurchaseInProgress, codes::PaymentDeclined, codes::PaymentPending, KeyProblems,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn purchase_license(
    State(state): State<AppState>,
    User(buyer): User,
    Key(key): Key,
    Json(body): Json<PurchaseLicense>,
) -> ApiResult<impl IntoResponse> {
    let order = Order {
        listing_id: body.listing_id,
        license_type: body.license_type.unwrap_or_default(),
        payment_method: body.payment_method,
        expected_amount: body.expected_amount,
    };
    let receipt = purchases::purchase(&state, &buyer, order, key).await?;
    let location = format!("/api/marketplace/transactions/{}", receipt.transaction);
    let headers =
        [(header::LOCATION, location), (header::CONTENT_TYPE, "application/json".to_owned())];
    Ok((StatusCode::CREATED, headers, receipt.body))
}
