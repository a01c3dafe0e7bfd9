//! The queue in the table of tests.
//!
//! A claim is a lease: it ends by itself unless it is extended, and every write under it names the
//! claim (id and attempt), so that a worker whose lease went to another changes nothing.

use std::time::Duration;

use ids::TestId;
use serde_json::Value;
use sqlx::{PgExecutor, query};

use crate::{
    assertions::Grade,
    catalogue::Cost,
    domain::{ModelProvider, UsageSource},
    providers::{Completion, CompletionRequest},
};

/// A test claimed by this process.
#[derive(Debug)]
pub struct Job {
    pub claim: Claim,
    pub provider: ModelProvider,
    pub request: CompletionRequest,
    /// What the answer must be.
    pub assertions: Option<Value>,
}

/// One lease on one test.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub id: TestId,
    /// Counts from 1; no two claims of a test share it.
    pub attempt: i32,
}

/// Takes up to `limit` tests that are due and were begun less than `max_attempts` times, the longest
/// due first. What others are taking at the same moment is passed over.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    limit: i64,
    lease: Duration,
    max_attempts: i32,
) -> sqlx::Result<Vec<Job>> {
    let rows = query!(
        "with due as (
             select id from tests where due_at <= now() and attempts < $3
             order by due_at, id limit $1
             for update skip locked
         )
         update tests t
         set status = 'RUNNING', attempts = t.attempts + 1,
             due_at = now() + make_interval(secs => $2), started_at = coalesce(t.started_at, now())
         from due where t.id = due.id
         returning t.id, t.attempts, t.model_provider, t.model_name, t.system_prompt,
                   t.prompt_content, t.temperature, t.max_tokens, t.seed, t.assertions",
        limit,
        lease.as_secs_f64(),
        max_attempts,
    )
    .fetch_all(executor)
    .await?;
    let jobs = rows.into_iter().map(|row| Job {
        claim: Claim { id: row.id, attempt: row.attempts },
        provider: row.model_provider,
        request: CompletionRequest {
            model: row.model_name,
            system_prompt: row.system_prompt,
            prompt: row.prompt_content,
            temperature: row.temperature,
            max_tokens: row.max_tokens,
            seed: row.seed,
        },
        assertions: row.assertions,
    });
    Ok(jobs.collect())
}

/// Fails what is due but was begun `max_attempts` times already, so that a test which kills its
/// worker does not do so for ever. Returns how many.
pub async fn give_up(
    executor: impl PgExecutor<'_>,
    max_attempts: i32,
    reason: &str,
) -> sqlx::Result<u64> {
    let done = query!(
        "update tests
         set status = 'FAILED', error_message = $2, due_at = null, completed_at = now()
         where due_at <= now() and attempts >= $1",
        max_attempts,
        reason,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected())
}

/// A sign of life. False when the claim is not ours any more.
pub async fn extend(
    executor: impl PgExecutor<'_>,
    claim: Claim,
    lease: Duration,
) -> sqlx::Result<bool> {
    let done = query!(
        "update tests set due_at = now() + make_interval(secs => $3)
         where id = $1 and attempts = $2 and status = 'RUNNING'",
        claim.id.0,
        claim.attempt,
        lease.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the claim back: the test is due again after `delay`. False when it was not ours any more.
pub async fn requeue(
    executor: impl PgExecutor<'_>,
    claim: Claim,
    delay: Duration,
) -> sqlx::Result<bool> {
    let done = query!(
        "update tests set status = 'PENDING', due_at = now() + make_interval(secs => $3)
         where id = $1 and attempts = $2 and status = 'RUNNING'",
        claim.id.0,
        claim.attempt,
        delay.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the test with an answer. False when the claim was not ours any more. A lease that ran out
/// without anyone taking the test is still ours: the answer is paid for and not thrown away.
pub async fn complete(
    executor: impl PgExecutor<'_>,
    claim: Claim,
    completion: &Completion,
    took: Duration,
    cost: Option<&Cost>,
    grade: Option<&Grade>,
) -> sqlx::Result<bool> {
    let done = query!(
        "update tests
         set status = 'COMPLETED', response = $3, input_tokens = $4, output_tokens = $5,
             response_time_ms = $6, cost = $7, price_version = $8, cached_input_tokens = $9,
             reasoning_tokens = $10, usage_source = $11, assertion_results = $12, score = $13,
             due_at = null, completed_at = now()
         where id = $1 and attempts = $2 and status = 'RUNNING'",
        claim.id.0,
        claim.attempt,
        completion.text,
        i64::from(completion.usage.input_tokens),
        i64::from(completion.usage.output_tokens),
        i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
        cost.map(|cost| cost.amount),
        cost.map(|cost| cost.price_version.as_str()),
        i64::from(completion.usage.cached_input_tokens),
        i64::from(completion.usage.reasoning_tokens),
        completion.usage.source as UsageSource,
        grade.map(|grade| &grade.results),
        grade.map(|grade| grade.score),
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the test without one. False when the claim was not ours any more.
pub async fn fail(executor: impl PgExecutor<'_>, claim: Claim, reason: &str) -> sqlx::Result<bool> {
    let done = query!(
        "update tests
         set status = 'FAILED', error_message = $3, due_at = null, completed_at = now()
         where id = $1 and attempts = $2 and status = 'RUNNING'",
        claim.id.0,
        claim.attempt,
        reason,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
