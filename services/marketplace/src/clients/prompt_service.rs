//! The calls to the prompt service.

use std::time::Duration;

use auth::Identity;
use ids::PromptId;
use internal_api::{
    CallError, ServiceClient,
    prompt::{
        GetPrompt, GetPromptQuery, GetPromptRefusal, GrantEntitlement, GrantEntitlementRequest,
        ListRatings, ListRatingsQuery, PromptResponse, RatingResponse, RevokeEntitlement,
        SetPremium, SetPremiumRequest, Status, UnknownPrompt,
    },
};
use rust_decimal::Decimal;

use crate::domain::{Prompt, PromptCopy, SyncChange, SyncMessage};

/// The time that a push has; a job repeats one that fails.
const PUSH_DEADLINE: Duration = Duration::from_secs(2);

impl From<PromptResponse> for Prompt {
    fn from(prompt: PromptResponse) -> Self {
        Self {
            id: prompt.id,
            title: prompt.title,
            description: prompt.description,
            content_preview: prompt.content_preview,
            content: prompt.content,
            category: prompt.category,
            user_id: prompt.user_id,
            username: prompt.username,
            version: prompt.version,
            rating: rating(prompt.average_rating),
            is_published: prompt.status == Status::Published,
        }
    }
}

impl From<RatingResponse> for PromptCopy {
    fn from(prompt: RatingResponse) -> Self {
        Self {
            id: prompt.id,
            rating: rating(prompt.average_rating),
            title: prompt.title,
            description: prompt.description,
            category: prompt.category,
        }
    }
}

/// Returns the mean of ratings from 1 to 5; 0 stands for none.
fn rating(average: f64) -> Option<Decimal> {
    Decimal::try_from(average).ok().filter(|rating| !rating.is_zero())
}

/// A client of the prompt service.
#[derive(Clone)]
pub struct PromptService {
    client: ServiceClient,
    push_client: ServiceClient,
}

impl PromptService {
    pub fn new(client: ServiceClient) -> Self {
        Self { push_client: client.clone().with_deadline(PUSH_DEADLINE), client }
    }

    /// Returns a prompt that `caller` may see, in one version, or in its newest for `None`.
    ///
    /// # Errors
    /// When there is no such prompt or version for the caller, or the prompt service is away.
    pub async fn get_prompt(
        &self,
        id: PromptId,
        version: Option<i32>,
        caller: &Identity,
    ) -> Result<Prompt, CallError<GetPromptRefusal>> {
        let query = GetPromptQuery { version, label: None };
        self.client.call::<GetPrompt>(id, &query, Some(caller)).await.map(Prompt::from)
    }

    /// Pushes the state of a prompt or a licence. Repeatable.
    ///
    /// # Errors
    /// When the prompt was deleted, or the prompt service is away.
    pub async fn push(&self, message: &SyncMessage) -> Result<(), CallError<UnknownPrompt>> {
        let (client, prompt) = (&self.push_client, message.prompt);
        match &message.change {
            SyncChange::Premium { price } => {
                let premium = price.is_some();
                let price = price.map(Decimal::from);
                let body = SetPremiumRequest { premium, price, revision: message.revision };
                client.call::<SetPremium>(prompt, &body, None).await?;
            }
            SyncChange::Granted { license, user, version, expires_at } => {
                let body = GrantEntitlementRequest {
                    user_id: *user,
                    version: *version,
                    expires_at: *expires_at,
                };
                client.call::<GrantEntitlement>((prompt, *license), &body, None).await?;
            }
            SyncChange::Revoked { license } => {
                client.call::<RevokeEntitlement>((prompt, *license), &(), None).await?;
            }
        }
        Ok(())
    }

    /// Returns what listings copy of these prompts, without those that were deleted.
    ///
    /// # Errors
    /// When the prompt service is away.
    pub async fn list_copies(&self, prompts: &[PromptId]) -> Result<Vec<PromptCopy>, CallError> {
        let query = ListRatingsQuery::new(prompts);
        let found = self.client.call::<ListRatings>((), &query, None).await?;
        Ok(found.into_iter().map(PromptCopy::from).collect())
    }
}
