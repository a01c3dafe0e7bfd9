//! Prompt tests: one prompt filled in, sent to one target, graded.

use std::collections::BTreeMap;

use grader::{Assertion, AssertionResult};
use ids::{ComparisonId, PromptId, TestId, UserId};
use model_client::{ModelProvider, UsageSource};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::{prompt_source::PromptSource, target::Target};

/// The most attempts at a test that end without an outcome before it is given up.
pub const MAX_ATTEMPTS: i32 = 3;

/// Where a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TestStatus {
    Pending,
    Running,
    Completed,
    Failed,
    Cancelled,
}

impl TestStatus {
    /// Tells whether the test has ended, in whatever way.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// A test, as stored and as its owner sees it.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromptTest {
    pub id: TestId,
    /// Null when the content was given with the test.
    pub prompt_id: Option<PromptId>,
    /// The version that was tested.
    pub prompt_version: Option<i32>,
    pub user_id: UserId,
    /// What the model is sent, placeholders filled in. In lists null unless contents are asked for, as are
    /// `response` and long `assertionResults`.
    #[schema(example = "Say hello to Ada.")]
    pub prompt_content: Option<String>,
    /// Its first 200 characters.
    #[schema(example = "Say hello to Ada.")]
    pub prompt_content_preview: String,
    pub model_provider: ModelProvider,
    #[schema(example = "mock")]
    pub model_name: String,
    pub temperature: Option<f64>,
    pub max_tokens: Option<i32>,
    /// Asks for the same answer again, of models that know how.
    pub seed: Option<i64>,
    pub status: TestStatus,
    /// The answer; of a test that failed or was cancelled, what came of it.
    pub response: Option<String>,
    /// Its first 200 characters.
    pub response_preview: Option<String>,
    /// Whether `response` is only the part of the answer that came before it broke off, or before the
    /// test was cancelled. Tokens and cost are estimates then.
    pub response_incomplete: bool,
    pub input_tokens: Option<i64>,
    /// Those of the input that the provider had in its cache.
    pub cached_input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    /// Those of the output that were spent on thinking.
    pub reasoning_tokens: Option<i64>,
    /// Who counted the tokens.
    pub usage_source: Option<UsageSource>,
    /// Input and output together.
    pub token_count: Option<i64>,
    /// How long the provider took for the answer.
    pub response_time_ms: Option<i64>,
    /// US dollars, exact. Null when the model has no known price.
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>, example = 0)]
    pub cost: Option<Decimal>,
    /// The price table that `cost` comes from.
    #[schema(example = "mock-1")]
    pub price_version: Option<String>,
    /// Null when the test has no assertions.
    #[schema(value_type = Option<Vec<AssertionResult>>)]
    pub assertion_results: Option<serde_json::Value>,
    /// The share of its assertions that passed, by weight: 0 to 1. Null when the test has none.
    pub score: Option<f64>,
    /// Why it failed.
    pub error_message: Option<String>,
    /// How often it was begun: more than once when a worker died, or the provider asked to wait.
    pub attempts: i32,
    pub created_at: Timestamp,
    /// When it was first begun.
    pub started_at: Option<Timestamp>,
    /// When it ended, in whatever way.
    pub completed_at: Option<Timestamp>,
}

/// A request for a test; every field has passed its rules.
#[derive(Debug)]
pub struct PromptTestRequest {
    pub source: PromptSource,
    pub variables: BTreeMap<String, String>,
    pub system_prompt: Option<String>,
    pub target: Target,
    pub assertions: Vec<Assertion>,
}

/// A prompt test ready to be queued.
#[derive(Debug)]
pub struct NewPromptTest {
    pub user_id: UserId,
    /// The prompt and its version, unless the content was given.
    pub prompt: Option<(PromptId, i32)>,
    pub prompt_content: String,
    pub system_prompt: Option<String>,
    pub target: Target,
    pub assertions: Vec<Assertion>,
    /// The comparison that it is part of, and its index there.
    pub comparison: Option<(ComparisonId, i32)>,
}

/// A selection of tests for a list.
#[derive(Clone, Copy, Debug)]
pub enum PromptTestFilter {
    User(UserId),
    Prompt(PromptId),
    UserOnPrompt(UserId, PromptId),
}

/// A position in a list: a test's `created_at` and id.
pub type Position = (Timestamp, TestId);
