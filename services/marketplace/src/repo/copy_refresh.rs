//! The table `rating_walk`: the position of the walk through all listings that refreshes their copies of
//! prompts. It has one row, which every process shares. Its name is from a time when only ratings were
//! copied.

use std::time::Duration;

use ids::ListingId;
use sqlx::{PgExecutor, query, query_scalar};

/// Claims the next batch of the walk for `lease`, if one is due, and returns the listing before it.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    lease: Duration,
) -> sqlx::Result<Option<Option<ListingId>>> {
    let after = query_scalar!(
        "update rating_walk set due_at = now() + make_interval(secs => $1) where due_at <= now()
         returning after",
        lease.as_secs_f64(),
    )
    .fetch_optional(executor)
    .await?;
    Ok(after.map(|id| id.map(ListingId)))
}

/// Moves the walk behind a listing, or to its start for `None`; the next batch is due after `pause`.
pub async fn advance(
    executor: impl PgExecutor<'_>,
    after: Option<ListingId>,
    pause: Duration,
) -> sqlx::Result<()> {
    query!(
        "update rating_walk set after = $1, due_at = now() + make_interval(secs => $2)",
        after.map(|id| id.0),
        pause.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}
