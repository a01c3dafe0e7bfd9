//! Accounts that are gone, and of which other services must still be told.

use std::time::Duration;

use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query, query_as};

pub async fn insert(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("insert into account_deletions (user_id) values ($1)", user.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// One to tell of now.
pub struct Due {
    pub user_id: UserId,
    /// This one included.
    pub attempts: i32,
}

/// Takes one on, if there is one: nobody else will within `lease`.
pub async fn claim(executor: impl PgExecutor<'_>, lease: Duration) -> sqlx::Result<Option<Due>> {
    query_as!(
        Due,
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

/// To be told again in a while.
pub async fn postpone(
    executor: impl PgExecutor<'_>,
    user: UserId,
    wait: Duration,
) -> sqlx::Result<()> {
    query!(
        "update account_deletions set next_attempt_at = now() + make_interval(secs => $2)
         where user_id = $1",
        user.0,
        wait.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// They were told. Done when that was after `last_token` since the account was deleted; else they
/// will be told once more then.
pub async fn told(
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
