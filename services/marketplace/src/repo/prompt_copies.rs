//! The copies of ratings in listings, which a walk through what is on sale renews again and again.

use std::time::Duration;

use ids::{ListingId, PromptId};
use rust_decimal::Decimal;
use sqlx::{PgExecutor, query, query_as, query_scalar};

/// Takes the next stretch of the walk, if it is due: after which listing it begins. Nobody else takes
/// it until `lease` is over.
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

/// A listing on the way.
#[derive(Debug)]
pub struct Stop {
    pub id: ListingId,
    pub prompt_id: PromptId,
}

/// What is on sale after a listing, up to `limit`.
pub async fn stretch(
    executor: impl PgExecutor<'_>,
    after: Option<ListingId>,
    limit: i64,
) -> sqlx::Result<Vec<Stop>> {
    query_as!(
        Stop,
        "select id, prompt_id from listings
         where status = 'ACTIVE' and id > coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid)
         order by id limit $2",
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// The walk has come so far, `None` to its end; it goes on after `pause`.
pub async fn walked(
    executor: impl PgExecutor<'_>,
    to: Option<ListingId>,
    pause: Duration,
) -> sqlx::Result<()> {
    query!(
        "update rating_walk set after = $1, due_at = now() + make_interval(secs => $2)",
        to.map(|id| id.0),
        pause.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Writes what ratings are now; `None` is without one. Rows that say so already are not touched.
pub async fn renew(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
    ratings: &[Option<Decimal>],
) -> sqlx::Result<()> {
    query!(
        "update listings l set average_rating = new.rating
         from unnest($1::uuid[], $2::numeric[]) new (prompt_id, rating)
         where l.prompt_id = new.prompt_id and l.status <> 'REMOVED'
           and l.average_rating is distinct from new.rating",
        prompts as &[PromptId],
        ratings as &[Option<Decimal>],
    )
    .execute(executor)
    .await?;
    Ok(())
}
