//! The table `password_failures`: counts of wrong passwords. A subject is a hash that the caller
//! chooses.

use std::time::Duration;

use sqlx::{PgExecutor, query, query_as};

/// The number of wrong passwords of one subject in its open window.
pub struct FailureCount {
    pub subject: Vec<u8>,
    pub failures: i32,
    /// The seconds until the window ends; at least 1.
    pub seconds_left: i64,
}

/// Lists the counts of those subjects that have one.
pub async fn list(
    executor: impl PgExecutor<'_>,
    subjects: &[Vec<u8>],
) -> sqlx::Result<Vec<FailureCount>> {
    query_as!(
        FailureCount,
        r#"select subject, failures,
                  ceil(extract(epoch from expires_at - now()))::bigint as "seconds_left!"
           from password_failures where subject = any ($1) and expires_at > now()"#,
        subjects,
    )
    .fetch_all(executor)
    .await
}

/// Adds one to each count. The first wrong password opens a window, and later ones do not lengthen
/// it. Two callers that share subjects must name them in the same order, or they deadlock.
pub async fn increment(
    executor: impl PgExecutor<'_>,
    subjects: &[Vec<u8>],
    window: Duration,
) -> sqlx::Result<()> {
    query!(
        "insert into password_failures as f (subject, failures, expires_at)
         select subject, 1, now() + make_interval(secs => $2) from unnest($1::bytea[]) subject
         on conflict (subject) do update set
             failures = case when f.expires_at > now() then f.failures + 1 else 1 end,
             expires_at = case when f.expires_at > now() then f.expires_at
                               else excluded.expires_at end",
        subjects,
        window.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

pub async fn delete(executor: impl PgExecutor<'_>, subject: &[u8]) -> sqlx::Result<()> {
    query!("delete from password_failures where subject = $1", subject).execute(executor).await?;
    Ok(())
}

/// Deletes some of the counts whose window has ended, and returns their number.
pub async fn delete_expired(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    let deleted = query!(
        "delete from password_failures where subject in (
             select subject from password_failures where expires_at < now()
             order by expires_at limit $1 for update skip locked)",
        limit,
    )
    .execute(executor)
    .await?;
    Ok(deleted.rows_affected() as i64)
}
