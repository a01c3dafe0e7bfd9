//! Calls of the prompt service.

use std::time::Duration;

use ids::UserId;
use internal_api::{
    CallError, ServiceClient,
    prompt::{AuthorStatsResponse, ForgetUser, GetAuthorStats},
};

use super::FORGET_DEADLINE;

/// The longest that a response waits for the figures of an author, which it can do without.
const STATS_DEADLINE: Duration = Duration::from_millis(500);

/// A client of the prompt service.
#[derive(Clone)]
pub struct PromptService {
    stats_client: ServiceClient,
    forget_client: ServiceClient,
}

impl PromptService {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            stats_client: client.clone().with_deadline(STATS_DEADLINE),
            forget_client: client.with_deadline(FORGET_DEADLINE),
        }
    }

    /// Returns an author's figures, or `None` when the prompt service is away.
    pub async fn author_stats(&self, user: UserId) -> Option<AuthorStatsResponse> {
        match self.stats_client.call::<GetAuthorStats>(user, &(), None).await {
            Ok(stats) => Some(stats),
            Err(error) => {
                tracing::warn!("figures are missing: {error}");
                None
            }
        }
    }

    /// Removes what a deleted account wrote, or takes its name off it. Repeatable.
    ///
    /// # Errors
    /// When the prompt service does not confirm it.
    pub async fn forget_user(&self, user: UserId) -> Result<(), CallError> {
        self.forget_client.call::<ForgetUser>(user, &(), None).await
    }
}
