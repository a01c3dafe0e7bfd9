//! Statistics of a user's tests.

use model_client::ModelProvider;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// All of a person's tests, or theirs of one prompt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    #[serde(flatten)]
    pub total: Tally,
    /// The model of most tests; of equals the first by name.
    pub most_used_model: Option<ModelUse>,
    /// Newest version first. Only for one prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_version: Option<Vec<VersionTally>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelUse {
    pub model_provider: ModelProvider,
    #[schema(example = "mock")]
    pub model_name: String,
    pub tests: i64,
}

/// What some tests come to.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    pub tests: i64,
    pub completed: i64,
    pub failed: i64,
    pub cancelled: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub token_count: i64,
    /// US dollars, of those tests whose price is known; parts of answers as estimated.
    #[serde(with = "http_kit::decimal")]
    #[schema(value_type = f64, example = 0)]
    pub cost: Decimal,
    /// Answered, in full or in part, and not in `cost`: their model has no known price.
    pub unpriced: i64,
    /// Of those completed.
    pub mean_response_time_ms: Option<f64>,
    /// Of those that have assertions.
    pub mean_score: Option<f64>,
}

/// The same for one version of a prompt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionTally {
    pub version: i32,
    #[serde(flatten)]
    pub tally: Tally,
}

/// Sums over one group of tests, as the database gives them.
#[derive(Debug, sqlx::FromRow)]
pub struct Sums {
    pub tests: i64,
    pub completed: i64,
    pub failed: i64,
    pub cancelled: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost: Decimal,
    pub unpriced: i64,
    pub response_time_ms: i64,
    pub scored: i64,
    pub score: f64,
}

impl Tally {
    /// Adds up several groups.
    pub fn of<'s>(groups: impl IntoIterator<Item = &'s Sums>) -> Self {
        let mut total = Self::default();
        let (mut time, mut scored, mut score) = (0, 0, 0.0);
        for group in groups {
            total.tests += group.tests;
            total.completed += group.completed;
            total.failed += group.failed;
            total.cancelled += group.cancelled;
            total.input_tokens += group.input_tokens;
            total.output_tokens += group.output_tokens;
            total.cost += group.cost;
            total.unpriced += group.unpriced;
            time += group.response_time_ms;
            scored += group.scored;
            score += group.score;
        }
        total.token_count = total.input_tokens + total.output_tokens;
        let completed = total.completed;
        total.mean_response_time_ms = (completed > 0).then(|| time as f64 / completed as f64);
        total.mean_score = (scored > 0).then(|| score / scored as f64);
        total
    }
}
