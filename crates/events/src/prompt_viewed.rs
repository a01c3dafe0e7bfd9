use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use crate::Event;

/// Someone other than its author read a prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptViewed {
    pub prompt_id: PromptId,
    pub title: String,
    pub category: String,
    /// Whether everyone may know of it at that time; not said by older producers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_public: Option<bool>,
    /// Null for someone not signed in.
    pub user_id: Option<UserId>,
    /// One anonymous viewer for one day; null for someone signed in.
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
