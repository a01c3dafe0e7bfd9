//! The queue in the table of tests.
//!
//! A claim is a lease: it ends by itself unless it is extended, and every write under it names the
//! claim (id and attempt), so that a worker whose lease went to another changes nothing.
//!
//! - [`claim`]: who is next. [`record`]: what became of claims. Here: what keeps them alive, and what
//!   takes them away.

pub mod claim;
pub mod record;

use std::time::Duration;

use ids::{TestId, UserId};
use model_client::{CompletionRequest, ModelProvider};
use serde_json::Value;
use sqlx::{PgExecutor, query, query_scalar};
use uuid::Uuid;

use crate::domain::Lane;

/// A test claimed by this process.
#[derive(Debug)]
pub struct Job {
    pub claim: Claim,
    pub user: UserId,
    /// How often it was begun, but for attempts that a stopping worker gave back. Counts from 1.
    pub tries: i32,
    pub provider: ModelProvider,
    pub request: CompletionRequest,
    /// What the answer must be.
    pub assertions: Option<Value>,
}

impl Job {
    pub fn lane(&self) -> Lane {
        Lane::of(self.provider, &self.request.model)
    }
}

/// One lease on one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: TestId,
    /// Counts from 1; no two claims of a test share it.
    pub attempt: i32,
}

impl Claim {
    /// As two arrays, which is how a statement takes many.
    fn unzip(claims: &[Self]) -> (Vec<Uuid>, Vec<i32>) {
        claims.iter().map(|claim| (claim.id.0, claim.attempt)).unzip()
    }
}

/// A sign of life for all claims of a process at once. Returns those that are not ours any more. A
/// lease that has time left is only looked at: a write for each test at each sign would be waste. One
/// that ran out without anyone taking the test since is ours again. What is being written at this
/// moment is passed over: two statements that write many rows must not wait for each other.
pub async fn extend(
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

/// Puts tests back into the queue whose lease ran out: whoever had them is dead. One that was begun
/// `max_tries` times fails instead, so that a test which kills its worker does not do so for ever;
/// returns those.
pub async fn take_back(
    executor: impl PgExecutor<'_>,
    max_tries: i32,
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
        max_tries,
        reason,
    )
    .fetch_all(executor)
    .await
}

/// Fails tests that wait for an endpoint which the settings do not name any more, and returns them. One
/// that was asked for just now may be for an endpoint that this process does not know yet.
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

/// Cancels a test of this person's that is not over. False when there is none.
pub async fn cancel(
    executor: impl PgExecutor<'_>,
    id: TestId,
    owner: UserId,
) -> sqlx::Result<bool> {
    let done = query!(
        "update tests set status = 'CANCELLED', due_at = null, completed_at = now()
         where id = $1 and user_id = $2 and status in ('PENDING', 'RUNNING')",
        id.0,
        owner.0,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How full the queue is, over all instances.
#[derive(Debug)]
pub struct Depth {
    /// Due, and not begun.
    pub waiting: i64,
    pub running: i64,
    /// How long the test that is due longest has been waiting, in seconds; 0 when none is.
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

#[cfg(test)]
mod tests;
