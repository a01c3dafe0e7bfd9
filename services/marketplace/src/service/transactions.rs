//! Looking at purchases.

use std::collections::HashMap;

use auth::Identity;
use ids::{TransactionId, UserId};

use super::only_for;
use crate::{
    domain::{License, Transaction},
    error::ServiceError,
    repo::{Rows, Slice, licenses, transactions},
    state::AppState,
};

/// A transaction with the licence it gave.
pub struct Purchase {
    pub transaction: Transaction,
    pub license: Option<License>,
}

/// For its buyer, its seller and administrators.
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

/// What someone bought.
pub async fn of_buyer(
    state: &AppState,
    buyer: UserId,
    viewer: &Identity,
    slice: Slice<TransactionId>,
) -> Result<Rows<Purchase>, ServiceError> {
    only_for(buyer, viewer)?;
    let rows = transactions::of_buyer(&state.pool, buyer, slice).await?;
    let total = match slice.after {
        Some(_) => None,
        None => Some(transactions::count_of_buyer(&state.pool, buyer).await?),
    };
    Ok(Rows { rows: with_licenses(state, rows).await?, total })
}

/// What others bought of someone.
pub async fn of_seller(
    state: &AppState,
    seller: UserId,
    viewer: &Identity,
    slice: Slice<TransactionId>,
) -> Result<Rows<Purchase>, ServiceError> {
    only_for(seller, viewer)?;
    let rows = transactions::of_seller(&state.pool, seller, slice).await?;
    let total = match slice.after {
        Some(_) => None,
        None => Some(transactions::count_of_seller(&state.pool, seller).await?),
    };
    Ok(Rows { rows: with_licenses(state, rows).await?, total })
}

async fn with_licenses(
    state: &AppState,
    transactions: Vec<Transaction>,
) -> Result<Vec<Purchase>, ServiceError> {
    let ids: Vec<_> = transactions.iter().map(|transaction| transaction.id).collect();
    let mut by_id: HashMap<_, _> = licenses::of_transactions(&state.pool, &ids)
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
