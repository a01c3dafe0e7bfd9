use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use crate::Event;

/// The creation of a prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptCreated {
    pub prompt_id: PromptId,
    pub title: String,
    pub user_id: UserId,
    pub username: String,
    pub category: String,
    pub is_public: bool,
    pub created_at: Timestamp,
}

impl Event for PromptCreated {
    const TOPIC: &'static str = "prompt.created";
    const TYPE: &'static str = "PROMPT_CREATED";

    fn key(&self) -> String {
        self.prompt_id.to_string()
    }
}
