//! The versions of a prompt.

use ids::{PromptId, UserId};
use timestamp::Timestamp;

use super::{LATEST, PromptText, prompt_text::preview};

/// The longest text that a filled-in template may be, in bytes: as long as the longest request.
pub const MAX_RENDERED_BYTES: usize = http_kit::app::MAX_BODY_BYTES;

/// One version of a prompt.
#[derive(Clone, Debug)]
pub struct Version {
    pub prompt_id: PromptId,
    pub version: i32,
    pub text: PromptText,
    pub user_id: UserId,
    pub username: String,
    pub change_log: Option<String>,
    pub created_at: Timestamp,
}

/// A version as lists show it.
#[derive(Clone, Debug)]
pub struct VersionSummary {
    pub prompt_id: PromptId,
    pub version: i32,
    pub title: String,
    /// The content; `None` when it was not asked for.
    pub content: Option<String>,
    pub content_preview: String,
    pub description: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    pub model: Option<String>,
    pub user_id: UserId,
    pub username: String,
    pub change_log: Option<String>,
    pub created_at: Timestamp,
}

impl From<Version> for VersionSummary {
    fn from(version: Version) -> Self {
        let text = version.text;
        Self {
            prompt_id: version.prompt_id,
            version: version.version,
            title: text.title,
            content_preview: preview(&text.content),
            content: Some(text.content),
            description: text.description,
            category: text.category,
            tags: text.tags,
            model: text.model,
            user_id: version.user_id,
            username: version.username,
            change_log: version.change_log,
            created_at: version.created_at,
        }
    }
}

/// A reference to a version of a prompt.
#[derive(Clone, Debug)]
pub enum VersionRef {
    Newest,
    Number(i32),
    Label(String),
}

impl VersionRef {
    /// Returns whether it names the newest version, whatever its number is.
    pub fn is_newest(&self) -> bool {
        match self {
            Self::Newest => true,
            Self::Number(_) => false,
            Self::Label(label) => label == LATEST,
        }
    }
}
