//! Comparisons: one prompt tested against several targets at once.

use std::collections::BTreeMap;

use grader::Assertion;
use ids::{ComparisonId, PromptId, TestId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::{
    prompt_source::VersionRef,
    prompt_test::{PromptTest, TestStatus},
    target::Target,
};

/// The request for a comparison, stored as it was made, so that it can be repeated.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonDefinition {
    pub name: String,
    pub notes: Option<String>,
    pub prompt_id: Option<PromptId>,
    pub prompt_content: Option<String>,
    pub variables: BTreeMap<String, String>,
    pub system_prompt: Option<String>,
    pub targets: Vec<ComparisonTarget>,
    pub assertions: Vec<Assertion>,
}

/// A target, and the version of the prompt that it is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonTarget {
    pub target: Target,
    #[serde(rename = "pick")]
    pub version: VersionRef,
}

/// How much of something is over, in whatever way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
pub struct Progress {
    #[schema(example = 2)]
    pub done: i64,
    #[schema(example = 3)]
    pub total: i64,
}

/// A comparison, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub id: ComparisonId,
    pub name: String,
    pub notes: Option<String>,
    /// Null when the content was given.
    pub prompt_id: Option<PromptId>,
    /// The content that was given.
    pub prompt_content: Option<String>,
    pub variables: BTreeMap<String, String>,
    pub system_prompt: Option<String>,
    pub assertions: Vec<Assertion>,
    /// The comparison that this one repeats.
    pub repeat_of: Option<ComparisonId>,
    pub progress: Progress,
    /// In the order they were given.
    pub targets: Vec<ComparisonResult>,
    /// The least cost. Of those that are completed, as are the two below; of equals the first. Null
    /// when there is none; one without a price is never the cheapest.
    pub cheapest: Option<Winner>,
    /// The shortest time to answer.
    pub fastest: Option<Winner>,
    /// The highest score; null without assertions.
    pub best: Option<Winner>,
    pub created_at: Timestamp,
}

/// One target's part of a comparison.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonResult {
    /// From 0.
    pub index: usize,
    pub test_id: TestId,
    /// What was sent, what came back, what it cost, how it was graded.
    #[serde(flatten)]
    pub test: PromptTest,
}

/// Which target is ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Winner {
    pub index: usize,
    pub test_id: TestId,
}

/// A comparison in a list.
#[derive(Debug, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonSummary {
    pub id: ComparisonId,
    pub name: String,
    /// Null also where the page has no room for them.
    pub notes: Option<String>,
    pub prompt_id: Option<PromptId>,
    pub repeat_of: Option<ComparisonId>,
    /// Of its targets.
    #[sqlx(flatten)]
    pub progress: Progress,
    pub created_at: Timestamp,
}

/// Finds the target that is ahead among the completed; of equals the first.
pub fn find_winner<K: PartialOrd>(
    targets: &[ComparisonResult],
    key: impl Fn(&PromptTest) -> Option<K>,
    better: impl Fn(&K, &K) -> bool,
) -> Option<Winner> {
    let mut leader: Option<(K, Winner)> = None;
    for ComparisonResult { index, test, .. } in targets {
        let completed = test.status == TestStatus::Completed;
        let Some(key) = key(test).filter(|_| completed) else { continue };
        if leader.as_ref().is_none_or(|(best, _)| better(&key, best)) {
            leader = Some((key, Winner { index: *index, test_id: test.id }));
        }
    }
    leader.map(|(_, winner)| winner)
}
