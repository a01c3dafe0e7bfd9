//! The prompt of a test: a version of a stored prompt, or a text.

use ids::PromptId;
use serde::{Deserialize, Serialize};

/// The longest prompt sent to a model, in bytes: 100,000 characters of any script.
pub const MAX_PROMPT_BYTES: usize = 400_000;

/// The source of a test's prompt.
#[derive(Clone, Debug)]
pub enum PromptSource {
    Content(String),
    Prompt {
        id: PromptId,
        version: VersionRef,
    },
    /// A text that is kept with a version of a prompt, and is not its content.
    Draft {
        id: PromptId,
        version: VersionRef,
        content: String,
    },
}

/// A reference to a version of a prompt. Its JSON is stored with comparisons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VersionRef {
    Latest,
    Number(i32),
    /// Letters, digits, `_`, `.` and `-`.
    Label(String),
}
