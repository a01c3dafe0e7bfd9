//! What keeps claims alive, and what ends them without an answer.

use std::time::Duration;

use ids::TestId;
use sqlx::{PgExecutor, query, query_scalar};

use super::claimed_test::Claim;

/// Extends the leases of all claims of a process. Returns the claims that this process has lost. A lease with
/// time left is not written: a write for each test each time would be waste. One that expired without another
/// claim is ours again. Rows that are being written at this moment are skipped: two statements that write
/// many rows must not wait for each other.
pub async fn extend_leases(
    executor: impl PgExecutor<'_>,
    claims: &[Claim],
    lease: Duration,
) -> sqlx::Result<Vec<Claim>> {
    let (ids, attempts) = Claim::unzip(claims);
    let rows = query!(
        r#"with mine as (
             select * from unnest($1::uuid[], $2::int[]) as m (id, attempt)
         ), short as (
             select t.id from tests t join mine m on t.id = m.id and t.attempts = m.attempt
             where (t.status = 'RUNNING' or (t.status = 'PENDING' and t.lapsed))
               and t.due_at < now() + make_interval(secs => $3::float8 * 2 / 3)
             for no key update of t skip locked
         ), extended as (
             update tests t
             set status = 'RUNNING', lapsed = false,
                 due_at = now() + make_interval(secs => $3::float8)
             from short where t.id = short.id
         )
         select m.id as "id!: TestId", m.attempt as "attempt!" from mine m
         where not exists (select from tests t where t.id = m.id and t.attempts = m.attempt
                             and (t.status = 'RUNNING' or (t.status = 'PENDING' and t.lapsed)))"#,
        &ids,
        &attempts,
        lease.as_secs_f64(),
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| Claim { id: row.id, attempt: row.attempt }).collect())
}

/// Puts tests whose lease expired back into the queue: their worker is dead. A test after `max_attempts`
/// attempts that count fails instead, so that a test which kills its worker does not do so for ever; returns
/// those that failed.
pub async fn requeue_expired(
    executor: impl PgExecutor<'_>,
    max_attempts: i32,
    reason: &str,
) -> sqlx::Result<Vec<TestId>> {
    query_scalar!(
        r#"with lost as (
             select id, attempts - given_back >= $1 as is_end from tests
             where status = 'RUNNING' and due_at <= now()
             for no key update skip locked
         ), back as (
             update tests t
             set status = case when is_end then 'FAILED' else 'PENDING' end, lapsed = true,
                 error_message = case when is_end then $2 end,
                 due_at = case when is_end then null else t.due_at end,
                 completed_at = case when is_end then now() end
             from lost where t.id = lost.id
         )
         select id as "id!: TestId" from lost where is_end"#,
        max_attempts,
        reason,
    )
    .fetch_all(executor)
    .await
}

/// Fails tests that wait for an endpoint which the settings do not name any more, and returns them. A test of
/// the last minute may be for an endpoint that this process does not know yet.
pub async fn fail_unserved(
    executor: impl PgExecutor<'_>,
    endpoints: &[String],
    reason: &str,
) -> sqlx::Result<Vec<TestId>> {
    query_scalar!(
        r#"with lost as (
             select id from tests
             where status = 'PENDING' and model_provider = 'OPENAI_COMPATIBLE'
               and split_part(model_name, '/', 1) <> all($1)
               and created_at < now() - interval '1 minute'
             for no key update skip locked
         )
         update tests t
         set status = 'FAILED', error_message = $2, due_at = null, completed_at = now()
         from lost where t.id = lost.id
         returning t.id"#,
        endpoints,
        reason,
    )
    .fetch_all(executor)
    .await
}

/// The length of the queue, over all instances.
#[derive(Debug)]
pub struct Depth {
    /// Tests that can be claimed.
    pub waiting: i64,
    pub running: i64,
    /// Age of the test that has waited longest, in seconds; 0 when none waits.
    pub oldest_seconds: f64,
}

pub async fn depth(executor: impl PgExecutor<'_>) -> sqlx::Result<Depth> {
    let row = query!(
        r#"select count(*) as "waiting!",
                  (select count(*) from tests where status = 'RUNNING') as "running!",
                  coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as "oldest!"
           from tests where status = 'PENDING' and due_at <= now()"#
    )
    .fetch_one(executor)
    .await?;
    Ok(Depth { waiting: row.waiting, running: row.running, oldest_seconds: row.oldest })
}
