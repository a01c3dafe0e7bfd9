//! The comparison of an evaluation run with an earlier one.

use ids::{RunId, TestId};
use model_client::ModelProvider;
use serde::Serialize;
use utoipa::ToSchema;

/// What became better and what worse, from an earlier run over the same data set to this one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationRunComparison {
    pub run_id: RunId,
    /// The earlier one.
    pub to: RunId,
    pub improved: usize,
    pub regressed: usize,
    pub unchanged: usize,
    /// Not over in both, or cancelled: cannot be compared.
    pub open: usize,
    /// Each target that both have: of the same model, at the same place if possible.
    pub targets: Vec<TargetDifference>,
}

/// The same for one target.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetDifference {
    /// Its place in this run, from 0.
    pub index: usize,
    /// Its place in the earlier one.
    pub to_index: usize,
    pub model_provider: ModelProvider,
    pub model_name: String,
    pub improved: Vec<CellDifference>,
    pub regressed: Vec<CellDifference>,
    pub unchanged: usize,
    pub open: usize,
}

/// One row that does not come out as it did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellDifference {
    pub row_number: i32,
    pub test_id: TestId,
    /// The earlier run's.
    pub to_test_id: TestId,
    pub passed: bool,
    pub score: Option<f64>,
    pub to_passed: bool,
    pub to_score: Option<f64>,
}
