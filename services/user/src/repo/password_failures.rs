//! Wrong passwords, counted. A subject is a hash; what of is the caller's to choose.

use std::time::Duration;

use sqlx::{PgExecutor, query, query_as};

/// The wrong passwords of one subject in the window that is open.
pub struct Count {
    pub subject: Vec<u8>,
    pub failures: i32,
    /// Until the window ends; at least 1.
    pub seconds_left: i64,
}

/// Of those that have any.
pub async fn counts(
    executor: impl PgExecutor<'_>,
    subjects: &[Vec<u8>],
) -> sqlx::Result<Vec<Count>> {
    query_as!(
        Count,
        r#"select subject, failures,
                  ceil(extract(epoch from expires_at - now()))::bigint as "seconds_left!"
           from password_failures where subject = any ($1) and expires_at > now()"#,
        subjects,
    )
    .fetch_all(executor)
    .await
}

/// One more for each. The first opens a window, and those within it do not lengthen it. Two callers
/// who share subjects must name them in the same order.
pub async fn add(
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

pub async fn forget(executor: impl PgExecutor<'_>, subject: &[u8]) -> sqlx::Result<()> {
    query!("delete from password_failures where subject = $1", subject).execute(executor).await?;
    Ok(())
}

/// Removes some of those whose window has ended, and returns how many.
pub async fn sweep(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    let gone = query!(
        "delete from password_failures where subject in (
             select subject from password_failures where expires_at < now()
             order by expires_at limit $1 for update skip locked)",
        limit,
    )
    .execute(executor)
    .await?;
    Ok(gone.rows_affected() as i64)
}
