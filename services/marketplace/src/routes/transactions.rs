//! `/api/marketplace/transactions`: purchases and sales.

use auth::User;
use axum::extract::State;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Path, Query,
    openapi::{Forbidden, NotFound, Unauthorized},
};
use ids::{TransactionId, UserId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{slice, views::Transaction};
use crate::{service::transactions, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find)).routes(routes!(of_buyer)).routes(routes!(of_seller))
}

/// One transaction
///
/// For its buyer, its seller and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/transactions/{id}", tag = "purchases",
    params(("id" = TransactionId, Path, description = "The transaction's id.")),
    responses(
        (status = 200, description = "The transaction.", body = Transaction),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    User(viewer): User,
    Path(id): Path<TransactionId>,
) -> ApiResult<Json<Transaction>> {
    let purchase = transactions::find(&state, id, &viewer).await?;
    Ok(Json(Transaction::seen_by(viewer.id)(purchase)))
}

/// What a user bought
///
/// Newest first. For that user and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/transactions/buyer/{userId}", tag = "purchases",
    params(("userId" = UserId, Path, description = "The buyer's id."), PageQuery),
    responses(
        (status = 200, description = "A page of transactions.", body = Page<Transaction>),
        Unauthorized,
        Forbidden,
    ),
    security(("bearer" = [])),
)]
async fn of_buyer(
    State(state): State<AppState>,
    User(viewer): User,
    Path(buyer): Path<UserId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Transaction>>> {
    let found = transactions::of_buyer(&state, buyer, &viewer, slice(&page)?).await?;
    let page = Page::new(&page, found.rows, found.total, |row| row.transaction.id);
    Ok(Json(page.map(Transaction::seen_by(viewer.id))))
}

/// What a user sold
///
/// Newest first. For that user and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/transactions/seller/{userId}", tag = "purchases",
    params(("userId" = UserId, Path, description = "The seller's id."), PageQuery),
    responses(
        (status = 200, description = "A page of transactions.", body = Page<Transaction>),
        Unauthorized,
        Forbidden,
    ),
    security(("bearer" = [])),
)]
async fn of_seller(
    State(state): State<AppState>,
    User(viewer): User,
    Path(seller): Path<UserId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Transaction>>> {
    let found = transactions::of_seller(&state, seller, &viewer, slice(&page)?).await?;
    let page = Page::new(&page, found.rows, found.total, |row| row.transaction.id);
    Ok(Json(page.map(Transaction::seen_by(viewer.id))))
}
