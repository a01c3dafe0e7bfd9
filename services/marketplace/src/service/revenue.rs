//! Sellers' earnings.

use auth::Identity;
use ids::UserId;

use super::access::require_self_or_admin;
use crate::{
    domain::{Currency, Revenue},
    error::ServiceError,
    repo::transactions::revenue,
    state::AppState,
};

/// The number of top listings.
const TOP: i64 = 10;

/// Sums up a seller's revenue in one currency: amounts in different currencies have no sum.
pub async fn sum_up(
    state: &AppState,
    seller_id: UserId,
    viewer: &Identity,
    currency: Currency,
) -> Result<Revenue, ServiceError> {
    require_self_or_admin(seller_id, viewer)?;
    // In one snapshot, the months add up to the total in spite of concurrent sales.
    let mut tx = state.pool.begin_with("begin isolation level repeatable read read only").await?;
    let (total, refunds) = revenue::totals(&mut tx, seller_id, &currency).await?;
    let by_month = revenue::by_month(&mut tx, seller_id, &currency).await?;
    let top_listings = revenue::top_listings(&mut tx, seller_id, &currency, TOP).await?;
    tx.commit().await?;
    Ok(Revenue { seller_id, currency, total, refunds, by_month, top_listings })
}
