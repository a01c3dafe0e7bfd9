//! Evaluation runs: one prompt, over all rows of a data set, on one or more targets. Each cell is a test.

use std::collections::BTreeMap;

use grader::{Assertion, AssertionResult};
use ids::{DatasetId, PromptId, RunId, TestId, UserId};
use model_client::ModelProvider;
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::{FromRow, types::Json};
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::{comparison::Progress, prompt_test::TestStatus, target::Target};

/// An evaluation run ready to be queued.
#[derive(Debug)]
pub struct NewEvaluationRun {
    pub user_id: UserId,
    pub dataset_id: DatasetId,
    /// The prompt and its version, unless the content was given.
    pub prompt: Option<(PromptId, i32)>,
    pub prompt_content: Option<String>,
    pub system_prompt: Option<String>,
    pub targets: Vec<Target>,
    pub assertions: Vec<Assertion>,
    pub rows: Vec<NewCells>,
}

/// The texts of one row, for each target.
#[derive(Debug)]
pub struct NewCells {
    /// From 1.
    pub row_number: i32,
    /// The prompt, placeholders filled in, as in the next two.
    pub prompt_content: String,
    pub system_prompt: Option<String>,
    pub assertions: Vec<Assertion>,
}

/// An evaluation run, as stored.
#[derive(Debug, FromRow)]
pub struct StoredEvaluationRun {
    pub id: RunId,
    pub dataset_id: DatasetId,
    pub prompt_id: Option<PromptId>,
    pub prompt_version: Option<i32>,
    pub prompt_content: Option<String>,
    pub system_prompt: Option<String>,
    pub targets: Json<Vec<Target>>,
    pub assertions: Option<Json<Vec<Assertion>>>,
    pub cell_count: i32,
    pub created_at: Timestamp,
}

/// A run, as its owner sees it: how far it is, and what came of it up to now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationRun {
    pub id: RunId,
    pub dataset_id: DatasetId,
    /// Null when the content was given.
    pub prompt_id: Option<PromptId>,
    /// The version that is run.
    pub prompt_version: Option<i32>,
    /// The content that was given, placeholders and all.
    pub prompt_content: Option<String>,
    pub system_prompt: Option<String>,
    /// As they were asked for; null when each row is only held against its `expected`.
    pub assertions: Option<Vec<Assertion>>,
    pub progress: EvaluationRunProgress,
    /// In the order they were given.
    pub targets: Vec<TargetReport>,
    pub created_at: Timestamp,
}

/// How many cells are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationRunProgress {
    /// Over, in whatever way.
    pub done: i64,
    pub total: i64,
    pub cancelled: i64,
}

/// How one target does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    /// From 0.
    pub index: usize,
    pub target: Target,
    /// Cells that are over, in whatever way.
    pub done: i64,
    pub total: i64,
    /// Answered, and every assertion passed.
    pub passed: i64,
    /// Answered, and some assertion did not pass or could not be told.
    pub failed: i64,
    /// Not answered: the test failed.
    pub errored: i64,
    pub cancelled: i64,
    /// Passed, of those that passed, failed or errored; null while there are none.
    pub pass_rate: Option<f64>,
    /// Of those that have assertions.
    pub mean_score: Option<f64>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub token_count: i64,
    /// US dollars, parts of answers as estimated. Null when some answer has no known price: a part of
    /// the sum would be taken for the whole.
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>, example = 0)]
    pub cost: Option<Decimal>,
    pub mean_response_time_ms: Option<f64>,
    /// 95 of 100 answers were as quick as this.
    pub p95_response_time_ms: Option<f64>,
}

/// The counts of one target's cells.
#[derive(Debug)]
pub struct TargetCounts {
    pub target_index: i32,
    pub total: i64,
    pub done: i64,
    pub passed: i64,
    pub completed: i64,
    pub errored: i64,
    pub cancelled: i64,
    pub mean_score: Option<f64>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub unpriced: i64,
    pub cost: Decimal,
    pub mean_response_time_ms: Option<f64>,
    pub p95_response_time_ms: Option<f64>,
}

impl TargetReport {
    pub fn new(target: Target, counts: TargetCounts) -> Self {
        let judged = counts.completed + counts.errored;
        Self {
            index: usize::try_from(counts.target_index).unwrap_or_default(),
            target,
            done: counts.done,
            total: counts.total,
            passed: counts.passed,
            failed: counts.completed - counts.passed,
            errored: counts.errored,
            cancelled: counts.cancelled,
            pass_rate: (judged > 0).then(|| counts.passed as f64 / judged as f64),
            mean_score: counts.mean_score,
            input_tokens: counts.input_tokens,
            output_tokens: counts.output_tokens,
            token_count: counts.input_tokens + counts.output_tokens,
            cost: (counts.unpriced == 0).then_some(counts.cost),
            mean_response_time_ms: counts.mean_response_time_ms,
            p95_response_time_ms: counts.p95_response_time_ms,
        }
    }
}

/// A selection of a user's runs for a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunFilter {
    pub dataset: Option<DatasetId>,
    pub prompt: Option<PromptId>,
}

/// A run in a list, as stored.
#[derive(Debug)]
pub struct ListedEvaluationRun {
    pub id: RunId,
    pub dataset_id: DatasetId,
    /// `None` when the data set was deleted.
    pub dataset_name: Option<String>,
    pub prompt_id: Option<PromptId>,
    pub prompt_version: Option<i32>,
    pub targets: Json<Vec<Target>>,
    pub cell_count: i32,
    /// Cells that have ended, in whatever way.
    pub done: i64,
    pub passed: i64,
    pub created_at: Timestamp,
}

impl From<ListedEvaluationRun> for EvaluationRunSummary {
    fn from(run: ListedEvaluationRun) -> Self {
        Self {
            id: run.id,
            dataset_id: run.dataset_id,
            dataset_name: run.dataset_name,
            prompt_id: run.prompt_id,
            prompt_version: run.prompt_version,
            targets: run.targets.0,
            progress: Progress { done: run.done, total: i64::from(run.cell_count) },
            passed: run.passed,
            created_at: run.created_at,
        }
    }
}

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationRunSummary {
    pub id: RunId,
    pub dataset_id: DatasetId,
    /// Null when the data set was deleted.
    pub dataset_name: Option<String>,
    pub prompt_id: Option<PromptId>,
    pub prompt_version: Option<i32>,
    pub targets: Vec<Target>,
    pub progress: Progress,
    /// Cells that passed up to now.
    pub passed: i64,
    pub created_at: Timestamp,
}

/// One cell of a run: a row on a target.
#[derive(Debug, Serialize, FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    pub test_id: TestId,
    /// From 1.
    pub row_number: i32,
    /// The target's place, from 0.
    pub target_index: i32,
    pub model_provider: ModelProvider,
    pub model_name: String,
    /// Those of the row; null, as is `expected`, where the page has no room for them.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub variables: Option<Json<BTreeMap<String, String>>>,
    pub expected: Option<String>,
    pub status: TestStatus,
    /// Answered, and every assertion passed. Null while it is not over, or when it was cancelled.
    pub passed: Option<bool>,
    pub score: Option<f64>,
    /// The answer; of a cell that failed or was cancelled, what came of it. Null unless contents are asked
    /// for, as are long `assertionResults`.
    pub response: Option<String>,
    /// Its first 200 characters.
    pub response_preview: Option<String>,
    /// Whether `response` is only the part of the answer that came before it broke off.
    pub response_incomplete: bool,
    #[schema(value_type = Option<Vec<AssertionResult>>)]
    pub assertion_results: Option<serde_json::Value>,
    pub token_count: Option<i64>,
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>, example = 0)]
    pub cost: Option<Decimal>,
    pub response_time_ms: Option<i64>,
    pub error_message: Option<String>,
}

/// A selection of cells for a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct CellFilter {
    pub target: Option<i32>,
    pub status: Option<TestStatus>,
    pub passed: Option<bool>,
    /// Cells that ended at this time or later.
    pub ended_since: Option<Timestamp>,
}
