//! Prompt tests, comparisons, data sets and evaluation runs: types that cannot hold a bad value.

mod comparison;
mod dataset;
mod evaluation_run;
mod lane;
mod prompt_source;
mod prompt_test;
mod run_comparison;
mod statistics;
mod target;

pub use comparison::{
    Comparison, ComparisonDefinition, ComparisonResult, ComparisonSummary, ComparisonTarget,
    Progress, find_winner,
};
pub use dataset::{
    Dataset, DatasetRow, DatasetRowItem, EXPECTED, MAX_NAME_CHARS, MAX_ROWS, MAX_VARIABLES,
    NewDataset, NewDatasetRow, variable_name_problem, variable_names_of,
};
pub use evaluation_run::{
    Cell, CellFilter, EvaluationRun, EvaluationRunProgress, EvaluationRunSummary,
    ListedEvaluationRun, NewCells, NewEvaluationRun, RunFilter, StoredEvaluationRun, TargetCounts,
    TargetReport,
};
pub use lane::Lane;
pub use prompt_source::{MAX_PROMPT_BYTES, PromptSource, VersionRef};
pub use prompt_test::{
    MAX_ATTEMPTS, NewPromptTest, Position, PromptTest, PromptTestFilter, PromptTestRequest,
    TestStatus,
};
pub use run_comparison::{CellDifference, EvaluationRunComparison, TargetDifference};
pub use statistics::{ModelUse, Statistics, Sums, Tally, VersionTally};
pub use target::Target;
