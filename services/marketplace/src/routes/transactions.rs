//! `/api/marketplace/transactions`: purchases and sales.

use auth::User;
use axum::extract::State;
use http_kit::{ApiResult, Json, Page, PageQuery, Path, Query, openapi::Problems};
use ids::{TransactionId, UserId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::transaction_response::TransactionResponse;
use crate::{error::codes, service::transactions, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get_transaction))
        .routes(routes!(list_buyer_transactions))
        .routes(routes!(list_seller_transactions))
}

/// One transaction
///
/// For its buyer, its seller and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/transactions/{id}", tag = "purchases",
    params(("id" = TransactionId, Path, description = "The transaction's id.")),
    responses(
        (status = 200, description = "The transaction.", body = TransactionResponse),
        Problems::<codes::TransactionNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_transaction(
    State(state): State<AppState>,
    User(viewer): User,
    Path(id): Path<TransactionId>,
) -> ApiResult<Json<TransactionResponse>> {
    let purchase = transactions::find(&state, id, &viewer).await?;
    Ok(Json(TransactionResponse::seen_by(viewer.id)(purchase)))
}

/// What a user bought
///
/// Newest first. For that user and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/transactions/buyer/{userId}", tag = "purchases",
    params(("userId" = UserId, Path, description = "The buyer's id."), PageQuery),
    responses(
        (status = 200, description = "A page of transactions.", body = Page<TransactionResponse>),
        Problems::<codes::NotYours>,
    ),
    security(("bearer" = [])),
)]
async fn list_buyer_transactions(
    State(state): State<AppState>,
    User(viewer): User,
    Path(buyer): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<TransactionResponse>>> {
    let page = transactions::list_by_buyer(&state, buyer, &viewer, &query).await?;
    Ok(Json(page.map(TransactionResponse::seen_by(viewer.id))))
}

/// What a user sold
///
/// Newest first. For that user and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/transactions/seller/{userId}", tag = "purchases",
    params(("userId" = UserId, Path, description = "The seller's id."), PageQuery),
    responses(
        (status = 200, description = "A page of transactions.", body = Page<TransactionResponse>),
        Problems::<codes::NotYours>,
    ),
    security(("bearer" = [])),
)]
async fn list_seller_transactions(
    State(state): State<AppState>,
    User(viewer): User,
    Path(seller): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<TransactionResponse>>> {
    let page = transactions::list_by_seller(&state, seller, &viewer, &query).await?;
    Ok(Json(page.map(TransactionResponse::seen_by(viewer.id))))
}
