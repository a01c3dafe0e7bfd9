//! What sellers earn.

use auth::Identity;
use ids::UserId;

use super::only_for;
use crate::{
    domain::{Currency, Revenue},
    error::ServiceError,
    repo::revenue,
    state::AppState,
};

/// How many listings are named.
const TOP: i64 = 10;

/// What `seller` earned in one currency: amounts in different ones have no sum.
pub async fn revenue(
    state: &AppState,
    seller_id: UserId,
    viewer: &Identity,
    currency: Currency,
) -> Result<Revenue, ServiceError> {
    only_for(seller_id, viewer)?;
    // One snapshot: the months add up to the total, whatever is sold meanwhile.
    let mut tx = state.pool.begin_with("begin isolation level repeatable read read only").await?;
    let (total, refunds) = revenue::totals(&mut tx, seller_id, &currency).await?;
    let by_month = revenue::by_month(&mut tx, seller_id, &currency).await?;
    let top_listings = revenue::top_listings(&mut tx, seller_id, &currency, TOP).await?;
    tx.commit().await?;
    Ok(Revenue { seller_id, currency, total, refunds, by_month, top_listings })
}
