//! What is asked, and whom.

use ids::PromptId;
use model_client::ModelProvider;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a test's prompt comes from.
#[derive(Clone, Debug)]
pub enum PromptSource {
    Content(String),
    Prompt {
        id: PromptId,
        pick: VersionPick,
    },
    /// A text that is kept with a version of a prompt, and is not its content.
    Draft {
        id: PromptId,
        pick: VersionPick,
        content: String,
    },
}

/// Which version of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VersionPick {
    Latest,
    Number(i32),
    /// Letters, digits, `_`, `.` and `-`.
    Label(String),
}

/// A model, and how it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub model_provider: ModelProvider,
    #[schema(example = "mock")]
    pub model_name: String,
    pub temperature: Option<f64>,
    pub max_tokens: Option<i32>,
    pub seed: Option<i64>,
}
