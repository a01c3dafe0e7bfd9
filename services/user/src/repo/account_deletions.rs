//! The table `account_deletions`: deleted accounts that other services do not know of yet.

use std::time::Duration;

use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query, query_as};

pub async fn insert(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("insert into account_deletions (user_id) values ($1)", user.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// A deleted account that an instance has claimed.
pub struct ClaimedDeletion {
    pub user_id: UserId,
    /// The number of claims, this one included.
    pub attempts: i32,
}

/// Claims one that is due, if there is one: no other instance claims it within `lease`.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    lease: Duration,
) -> sqlx::Result<Option<ClaimedDeletion>> {
    query_as!(
        ClaimedDeletion,
        "update account_deletions
         set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $1)
         where user_id = (
             select user_id from account_deletions where next_attempt_at <= now()
             order by next_attempt_at limit 1 for update skip locked)
         returning user_id, attempts",
        lease.as_secs_f64(),
    )
    .fetch_optional(executor)
    .await
}

/// Makes a deletion due again after `delay`.
pub async fn postpone(
    executor: impl PgExecutor<'_>,
    user: UserId,
    delay: Duration,
) -> sqlx::Result<()> {
    query!(
        "update account_deletions set next_attempt_at = now() + make_interval(secs => $2)
         where user_id = $1",
        user.0,
        delay.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Records that the other services know of a deletion. Deletes its row when `last_token` has passed
/// since the account was deleted; else makes it due once more then.
pub async fn complete(
    executor: impl PgExecutor<'_>,
    user: UserId,
    last_token: Duration,
) -> sqlx::Result<()> {
    query!(
        "with again as (
             update account_deletions
             set next_attempt_at = requested_at + make_interval(secs => $2), attempts = 0
             where user_id = $1 and requested_at > now() - make_interval(secs => $2))
         delete from account_deletions
         where user_id = $1 and requested_at <= now() - make_interval(secs => $2)",
        user.0,
        last_token.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}
