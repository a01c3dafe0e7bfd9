//! `POST /api/marketplace/transactions/{id}/refund`.

use auth::User;
use axum::extract::State;
use http_kit::{ApiResult, Json, Path, openapi::Problems};
use ids::TransactionId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::transaction_response::TransactionResponse;
use crate::{error::codes, service::refunds, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(refund_transaction))
}

/// Refund
///
/// For the transaction's seller and administrators: gives the buyer the whole amount back and ends the
/// licence. Can be repeated. When the payment provider does not answer in time, the answer is a 503
/// with the code `REFUND_PENDING`: it is finished within a minute, and given back once.
#[utoipa::path(
    post, path = "/api/marketplace/transactions/{id}/refund", tag = "purchases",
    params(("id" = TransactionId, Path, description = "The transaction's id.")),
    responses(
        (status = 200, description = "REFUNDED, now or before.", body = TransactionResponse),
        Problems::<(
            codes::RefundNotYours, codes::TransactionNotFound, codes::NotRefundable,
            codes::RefundRefused, codes::RefundPending,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn refund_transaction(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<TransactionId>,
) -> ApiResult<Json<TransactionResponse>> {
    let purchase = refunds::refund(&state, id, &caller).await?;
    Ok(Json(TransactionResponse::seen_by(caller.id)(purchase)))
}
