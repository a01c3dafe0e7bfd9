//! Writes the outcomes of claims: many in one statement, so that a disk that takes milliseconds for a commit
//! takes them once for all.

use std::time::Duration;

use grader::Grade;
use ids::TestId;
use model_client::{Completion, Cost, UsageSource};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{PgExecutor, query, query_scalar};

use super::claimed_test::Claim;
use crate::domain::TestStatus;

/// The outcome of one attempt.
#[derive(Debug)]
pub enum Outcome {
    Completed(AttemptResult),
    Failed(Failure),
    /// Claimable again after this time; with the part that arrived of an answer that broke off.
    Retry(Duration, Option<PartialAnswer>),
    /// The worker stops: claimable again at once, and the attempt does not count.
    Released,
}

/// A whole answer, its duration, cost and grade.
#[derive(Debug)]
pub struct AttemptResult {
    pub completion: Completion,
    pub took: Duration,
    pub cost: Option<Cost>,
    /// The grade; `None` for a test without assertions.
    pub grade: Option<Grade>,
}

/// The reason that there is no whole answer, and the part that there is.
#[derive(Debug)]
pub struct Failure {
    /// A sentence for the person who asked.
    pub reason: String,
    pub part: Option<PartialAnswer>,
}

/// The part of an answer that arrived before it broke off, with estimates of its tokens and cost.
#[derive(Clone, Debug)]
pub struct PartialAnswer {
    pub completion: Completion,
    pub cost: Option<Cost>,
}

impl Outcome {
    /// Returns the text that arrived, whole or not.
    pub fn part(&self) -> Option<PartialAnswer> {
        match self {
            Self::Completed(AttemptResult { completion, cost, .. }) => {
                Some(PartialAnswer { completion: completion.clone(), cost: cost.clone() })
            }
            Self::Failed(failure) => failure.part.clone(),
            Self::Retry(_, part) => part.clone(),
            Self::Released => None,
        }
    }

    /// Makes the failure of an attempt without any text.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed(Failure { reason: reason.into(), part: None })
    }

    fn status(&self) -> TestStatus {
        match self {
            Self::Completed(_) => TestStatus::Completed,
            Self::Failed(_) => TestStatus::Failed,
            Self::Retry(..) | Self::Released => TestStatus::Pending,
        }
    }

    /// Tells whether the outcome ends the test.
    pub fn is_end(&self) -> bool {
        self.status().is_over()
    }

    /// Returns the name of the outcome in metrics and log lines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed(_) => "completed",
            Self::Failed(_) => "failed",
            Self::Retry(..) => "again",
            Self::Released => "given_back",
        }
    }
}

/// Writes the outcomes of claims and returns the tests that were written: a claim that this process has lost
/// changes nothing. A lease that expired without another claim is still ours: the answer is paid for and not
/// thrown away.
pub async fn record(
    executor: impl PgExecutor<'_>,
    outcomes: &[(Claim, &Outcome)],
) -> sqlx::Result<Vec<TestId>> {
    let claims: Vec<Claim> = outcomes.iter().map(|(claim, _)| *claim).collect();
    let (ids, attempts) = Claim::unzip(&claims);
    let statuses: Vec<TestStatus> = outcomes.iter().map(|(_, outcome)| outcome.status()).collect();
    let mut rows = Columns::default();
    for (_, outcome) in outcomes {
        rows.push(outcome);
    }
    query_scalar!(
        "with r as (
             select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[],
                                  $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[],
                                  $11::bigint[], $12::numeric[], $13::text[], $14::float8[],
                                  $15::int[], $16::jsonb[], $17::float8[], $18::bool[])
                  as r (id, attempt, status, response, error, input_tokens, cached_input_tokens,
                        output_tokens, reasoning_tokens, usage_source, took, cost, price_version,
                        delay, given_back, results, score, incomplete)
         ), ours as (
             -- In one order, as a cancellation of many does: else each could wait for the other.
             -- The text of an earlier attempt is kept where this one has none.
             select t.id, r.response is null and t.response_incomplete as keeps
             from tests t join r on t.id = r.id and t.attempts = r.attempt
             where t.status = 'RUNNING' or (t.status = 'PENDING' and t.lapsed)
             order by t.id for no key update of t
         )
         update tests t
         set status = r.status, lapsed = false, error_message = r.error,
             response = case when ours.keeps then t.response else r.response end,
             response_incomplete = ours.keeps or r.incomplete,
             input_tokens = case when ours.keeps then t.input_tokens else r.input_tokens end,
             cached_input_tokens =
                 case when ours.keeps then t.cached_input_tokens else r.cached_input_tokens end,
             output_tokens = case when ours.keeps then t.output_tokens else r.output_tokens end,
             reasoning_tokens =
                 case when ours.keeps then t.reasoning_tokens else r.reasoning_tokens end,
             usage_source = case when ours.keeps then t.usage_source else r.usage_source end,
             cost = case when ours.keeps then t.cost else r.cost end,
             price_version = case when ours.keeps then t.price_version else r.price_version end,
             response_time_ms = r.took, assertion_results = r.results, score = r.score,
             given_back = t.given_back + r.given_back,
             due_at = now() + make_interval(secs => r.delay),
             completed_at = case when r.delay is null then now() end
         from ours join r on r.id = ours.id
         where t.id = ours.id
         returning t.id",
        &ids,
        &attempts,
        &statuses as &[TestStatus],
        &rows.responses as &[Option<&str>],
        &rows.errors as &[Option<&str>],
        &rows.input_tokens as &[Option<i64>],
        &rows.cached_input_tokens as &[Option<i64>],
        &rows.output_tokens as &[Option<i64>],
        &rows.reasoning_tokens as &[Option<i64>],
        &rows.usage_sources as &[Option<UsageSource>],
        &rows.took as &[Option<i64>],
        &rows.costs as &[Option<Decimal>],
        &rows.price_versions as &[Option<&str>],
        &rows.delays as &[Option<f64>],
        &rows.released,
        &rows.results as &[Option<Value>],
        &rows.scores as &[Option<f64>],
        &rows.incomplete,
    )
    .fetch_all(executor)
    .await
}

/// Stores the part that arrived of an answer whose test was cancelled meanwhile. Returns false when the test
/// was not cancelled during this claim.
pub async fn store_partial_answer(
    executor: impl PgExecutor<'_>,
    claim: Claim,
    part: &PartialAnswer,
) -> sqlx::Result<bool> {
    let usage = part.completion.usage;
    let done = query!(
        "update tests
         set response = $3, response_incomplete = true, input_tokens = $4,
             cached_input_tokens = $5, output_tokens = $6, reasoning_tokens = $7,
             usage_source = $8, cost = $9, price_version = $10
         where id = $1 and attempts = $2 and status = 'CANCELLED'
           and (response is null or response_incomplete)",
        claim.id.0,
        claim.attempt,
        part.completion.text,
        i64::from(usage.input_tokens),
        i64::from(usage.cached_input_tokens),
        i64::from(usage.output_tokens),
        i64::from(usage.reasoning_tokens),
        usage.source as UsageSource,
        part.cost.as_ref().map(|cost| cost.amount),
        part.cost.as_ref().map(|cost| cost.price_version.as_str()),
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The outcomes as the arrays that the statement takes.
#[derive(Default)]
struct Columns<'a> {
    responses: Vec<Option<&'a str>>,
    errors: Vec<Option<&'a str>>,
    input_tokens: Vec<Option<i64>>,
    cached_input_tokens: Vec<Option<i64>>,
    output_tokens: Vec<Option<i64>>,
    reasoning_tokens: Vec<Option<i64>>,
    usage_sources: Vec<Option<UsageSource>>,
    took: Vec<Option<i64>>,
    costs: Vec<Option<Decimal>>,
    price_versions: Vec<Option<&'a str>>,
    /// Seconds until the test is claimable again; none when it has ended.
    delays: Vec<Option<f64>>,
    released: Vec<i32>,
    results: Vec<Option<Value>>,
    scores: Vec<Option<f64>>,
    incomplete: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, outcome: &'a Outcome) {
        let answer = match outcome {
            Outcome::Completed(answer) => Some(answer),
            _ => None,
        };
        let failure = match outcome {
            Outcome::Failed(failure) => Some(failure),
            _ => None,
        };
        let part = match outcome {
            Outcome::Failed(failure) => failure.part.as_ref(),
            Outcome::Retry(_, part) => part.as_ref(),
            _ => None,
        };
        let completion =
            answer.map(|answer| &answer.completion).or(part.map(|part| &part.completion));
        let cost = match (answer, part) {
            (Some(answer), _) => answer.cost.as_ref(),
            (None, part) => part.and_then(|part| part.cost.as_ref()),
        };
        let usage = completion.map(|completion| completion.usage);
        self.responses.push(completion.map(|completion| completion.text.as_str()));
        self.incomplete.push(part.is_some());
        self.errors.push(failure.map(|failure| failure.reason.as_str()));
        self.input_tokens.push(usage.map(|usage| usage.input_tokens.into()));
        self.cached_input_tokens.push(usage.map(|usage| usage.cached_input_tokens.into()));
        self.output_tokens.push(usage.map(|usage| usage.output_tokens.into()));
        self.reasoning_tokens.push(usage.map(|usage| usage.reasoning_tokens.into()));
        self.usage_sources.push(usage.map(|usage| usage.source));
        let millis = |took: Duration| i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        self.took.push(answer.map(|answer| millis(answer.took)));
        self.costs.push(cost.map(|cost| cost.amount));
        self.price_versions.push(cost.map(|cost| cost.price_version.as_str()));
        self.delays.push(match outcome {
            Outcome::Retry(delay, _) => Some(delay.as_secs_f64()),
            Outcome::Released => Some(0.0),
            _ => None,
        });
        self.released.push(i32::from(matches!(outcome, Outcome::Released)));
        let grade = answer.and_then(|answer| answer.grade.as_ref());
        self.results.push(grade.map(|grade| grade.results.clone()));
        self.scores.push(grade.map(|grade| grade.score));
    }
}
