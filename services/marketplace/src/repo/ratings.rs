//! The copies of ratings in listings, which are renewed now and then.

use std::time::Duration;

use ids::PromptId;
use rust_decimal::Decimal;
use sqlx::{PgExecutor, query, query_scalar};

/// Claims up to `limit` prompts on sale whose rating was last renewed longer than `age` ago: they
/// count as renewed now, so that nobody else does the same, nor soon again.
pub async fn claim_old(
    executor: impl PgExecutor<'_>,
    age: Duration,
    limit: i64,
) -> sqlx::Result<Vec<PromptId>> {
    query_scalar!(
        "update listings l set rated_at = now()
         from (select id from listings
               where status = 'ACTIVE' and rated_at < now() - make_interval(secs => $1)
               order by rated_at limit $2 for update skip locked) old
         where l.id = old.id
         returning l.prompt_id",
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
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
