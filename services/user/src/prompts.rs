//! What the prompt service is asked and told.

use std::time::Duration;

use auth::{CallError, ServiceClient};
use ids::UserId;
use serde::Deserialize;

/// Its figures adorn an answer, which is not held up longer than this for them.
const STATS_DEADLINE: Duration = Duration::from_millis(500);

/// Forgetting an author goes through all they wrote.
pub const FORGET_DEADLINE: Duration = Duration::from_secs(30);

/// What someone's prompts have come to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptStats {
    pub prompts_count: i64,
    pub likes_received: i64,
}

/// Asks the prompt service.
#[derive(Clone)]
pub struct Prompts {
    quick: ServiceClient,
    patient: ServiceClient,
}

impl Prompts {
    pub fn new(service: ServiceClient) -> Self {
        Self {
            quick: service.clone().with_deadline(STATS_DEADLINE),
            patient: service.with_deadline(FORGET_DEADLINE),
        }
    }

    /// `None` when the prompt service is away.
    pub async fn stats(&self, user: UserId) -> Option<PromptStats> {
        match self.quick.get(&format!("/internal/users/{user}/stats"), None).await {
            Ok(stats) => Some(stats),
            Err(error) => {
                tracing::warn!("figures are missing: {error}");
                None
            }
        }
    }

    /// Has all that someone wrote removed, or made anonymous. Repeatable.
    pub async fn forget(&self, user: UserId) -> Result<(), CallError> {
        self.patient.delete(&format!("/internal/users/{user}"), None).await
    }
}
