//! What the prompt service is asked.

use std::time::Duration;

use auth::ServiceClient;
use ids::UserId;
use serde::Deserialize;

/// Its figures adorn an answer, which is not held up longer than this for them.
const STATS_DEADLINE: Duration = Duration::from_millis(500);

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
    service: ServiceClient,
}

impl Prompts {
    pub fn new(service: ServiceClient) -> Self {
        Self { service: service.with_deadline(STATS_DEADLINE) }
    }

    /// `None` when the prompt service is away.
    pub async fn stats(&self, user: UserId) -> Option<PromptStats> {
        match self.service.get(&format!("/internal/users/{user}/stats"), None).await {
            Ok(stats) => Some(stats),
            Err(error) => {
                tracing::warn!("figures are missing: {error}");
                None
            }
        }
    }
}
