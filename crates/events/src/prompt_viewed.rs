use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use crate::Event;

/// A view of a prompt by someone other than its author.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptViewed {
    pub prompt_id: PromptId,
    pub title: String,
    pub category: String,
    /// Whether everyone might know of it at that time; absent from older producers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_public: Option<bool>,
    /// The viewer; null for someone not signed in.
    pub user_id: Option<UserId>,
    /// A key for one anonymous viewer on one day; null for someone signed in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub viewer_key: Option<String>,
    pub viewed_at: Timestamp,
}

impl Event for PromptViewed {
    const TOPIC: &'static str = "prompt.viewed";
    const TYPE: &'static str = "PROMPT_VIEWED";

    fn key(&self) -> String {
        self.prompt_id.to_string()
    }
}
