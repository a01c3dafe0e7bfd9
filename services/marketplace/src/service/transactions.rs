//! Reading transactions.

use std::collections::HashMap;

use auth::Identity;
use http_kit::{Page, PageQuery};
use ids::{TransactionId, UserId};

use super::access::require_self_or_admin;
use crate::{
    domain::{Purchase, Transaction},
    error::ServiceError,
    repo::{licenses, transactions},
    state::AppState,
};

/// Returns a transaction to its buyer, its seller and administrators.
pub async fn find(
    state: &AppState,
    id: TransactionId,
    viewer: &Identity,
) -> Result<Purchase, ServiceError> {
    let transaction = transactions::find_visible(&state.pool, id, viewer)
        .await?
        .ok_or(ServiceError::TransactionNotFound)?;
    let mut purchases = with_licenses(state, vec![transaction]).await?;
    purchases.pop().ok_or(ServiceError::TransactionNotFound)
}

/// Returns a buyer's transactions, newest first.
pub async fn list_by_buyer(
    state: &AppState,
    buyer: UserId,
    viewer: &Identity,
    query: &PageQuery,
) -> Result<Page<Purchase>, ServiceError> {
    require_self_or_admin(buyer, viewer)?;
    let total = transactions::count_by_buyer(&state.pool, buyer);
    let rows = async |slice| -> Result<_, ServiceError> {
        let rows = transactions::list_by_buyer(&state.pool, buyer, slice).await?;
        with_licenses(state, rows).await
    };
    query.page(total, rows, |purchase| purchase.transaction.id).await
}

/// Returns a seller's transactions, newest first.
pub async fn list_by_seller(
    state: &AppState,
    seller: UserId,
    viewer: &Identity,
    query: &PageQuery,
) -> Result<Page<Purchase>, ServiceError> {
    require_self_or_admin(seller, viewer)?;
    let total = transactions::count_by_seller(&state.pool, seller);
    let rows = async |slice| -> Result<_, ServiceError> {
        let rows = transactions::list_by_seller(&state.pool, seller, slice).await?;
        with_licenses(state, rows).await
    };
    query.page(total, rows, |purchase| purchase.transaction.id).await
}

async fn with_licenses(
    state: &AppState,
    transactions: Vec<Transaction>,
) -> Result<Vec<Purchase>, ServiceError> {
    let ids: Vec<_> = transactions.iter().map(|transaction| transaction.id).collect();
    let mut by_id: HashMap<_, _> = licenses::list_by_transactions(&state.pool, &ids)
        .await?
        .into_iter()
        .map(|license| (license.id, license))
        .collect();
    Ok(transactions
        .into_iter()
        .map(|transaction| Purchase {
            license: transaction.license_id.and_then(|id| by_id.remove(&id)),
            transaction,
        })
        .collect())
}
