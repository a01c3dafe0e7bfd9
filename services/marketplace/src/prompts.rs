//! What the prompt service says of a prompt.

use std::time::Duration;

use auth::{CallError, Identity, ServiceClient};
use http::{Method, StatusCode};
use ids::{PromptId, UserId};
use pg::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    domain::{Amount, PromptCopy, SyncChange, SyncMessage},
    error::ServiceError,
};

/// Telling it something must be over by then.
const TELL_DEADLINE: Duration = Duration::from_secs(2);

/// A prompt as it is now; a listing keeps a copy of this.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prompt {
    pub id: PromptId,
    pub title: String,
    pub description: Option<String>,
    pub content_preview: String,
    /// `None` when the caller may not read it.
    pub content: Option<String>,
    pub category: String,
    /// The author.
    pub user_id: UserId,
    pub username: String,
    pub version: i32,
    #[serde(with = "http_kit::decimal::option", default)]
    pub average_rating: Option<Decimal>,
    #[serde(default)]
    status: Status,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    #[default]
    Published,
    #[serde(other)]
    Other,
}

impl Prompt {
    /// A draft is not finished, and what is archived is put away. Private and unlisted prompts may
    /// be sold: buying is a way in.
    pub fn may_be_listed(&self) -> bool {
        self.status == Status::Published
    }

    /// Ratings are 1 to 5; 0 stands for none.
    pub fn rating(&self) -> Option<Decimal> {
        self.average_rating.filter(|rating| !rating.is_zero())
    }
}

#[derive(Serialize)]
struct SetPremium {
    premium: bool,
    price: Option<Amount>,
    revision: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Grant {
    user_id: UserId,
    version: i32,
    expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RatedPrompt {
    id: PromptId,
    #[serde(with = "http_kit::decimal::option", default)]
    average_rating: Option<Decimal>,
    title: Option<String>,
    description: Option<String>,
    category: Option<String>,
}

impl From<RatedPrompt> for PromptCopy {
    fn from(prompt: RatedPrompt) -> Self {
        Self {
            id: prompt.id,
            rating: prompt.average_rating.filter(|rating| !rating.is_zero()),
            title: prompt.title,
            description: prompt.description,
            category: prompt.category,
        }
    }
}

/// Asks the prompt service.
#[derive(Clone)]
pub struct Prompts {
    service: ServiceClient,
    /// For what is tried again anyway.
    quick: ServiceClient,
}

impl Prompts {
    pub fn new(service: ServiceClient) -> Self {
        Self { quick: service.clone().with_deadline(TELL_DEADLINE), service }
    }

    /// A prompt that `caller` may see, in its newest version.
    ///
    /// # Errors
    /// [`ServiceError::PromptNotFound`] when there is none, [`ServiceError::Call`] when the prompt
    /// service cannot be asked.
    pub async fn find(&self, id: PromptId, caller: &Identity) -> Result<Prompt, ServiceError> {
        let path = format!("/internal/prompts/{id}");
        self.service.get(&path, Some(caller)).await.map_err(meant)
    }

    /// The same in the version with this number, or the newest.
    ///
    /// # Errors
    /// As [`Self::find`], and [`ServiceError::VersionNotFound`].
    pub async fn find_version(
        &self,
        id: PromptId,
        version: Option<i32>,
        caller: &Identity,
    ) -> Result<Prompt, ServiceError> {
        let Some(version) = version else { return self.find(id, caller).await };
        let path = format!("/internal/prompts/{id}?version={version}");
        self.service.get(&path, Some(caller)).await.map_err(meant)
    }

    /// Tells it what it has to know. Can be repeated.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn tell(&self, message: &SyncMessage) -> Result<(), ServiceError> {
        let prompt = format!("/internal/prompts/{}", message.prompt);
        let told: Result<IgnoredAny, _> = match &message.change {
            SyncChange::Premium { price } => {
                let revision = message.revision;
                let body = SetPremium { premium: price.is_some(), price: *price, revision };
                let path = format!("{prompt}/premium");
                self.quick.send(Method::PUT, &path, None, &body).await
            }
            SyncChange::Granted { license, user, version, expires_at } => {
                let body = Grant { user_id: *user, version: *version, expires_at: *expires_at };
                let path = format!("{prompt}/entitlements/{license}");
                self.quick.send(Method::PUT, &path, None, &body).await
            }
            SyncChange::Revoked { license } => {
                let path = format!("{prompt}/entitlements/{license}");
                self.quick.delete(&path, None).await.map(|()| IgnoredAny)
            }
        };
        told.map(|_| ()).map_err(meant)
    }

    /// What these prompts are now; those that are gone are left out.
    ///
    /// # Errors
    /// [`ServiceError::Call`].
    pub async fn now(&self, prompts: &[PromptId]) -> Result<Vec<PromptCopy>, ServiceError> {
        let ids: Vec<_> = prompts.iter().map(PromptId::to_string).collect();
        let path = format!("/internal/prompts/ratings?ids={}", ids.join(","));
        let found: Vec<RatedPrompt> = self.service.get(&path, None).await?;
        Ok(found.into_iter().map(PromptCopy::from).collect())
    }
}

/// What the prompt service's refusals mean.
fn meant(error: CallError) -> ServiceError {
    match &error {
        CallError::Refused { status: StatusCode::NOT_FOUND, code, .. } => match code.as_str() {
            "VERSION_NOT_FOUND" => ServiceError::VersionNotFound,
            "PROMPT_NOT_FOUND" => ServiceError::PromptNotFound,
            // Not about the prompt: nobody knows this path there.
            _ => ServiceError::Call(error),
        },
        _ => ServiceError::Call(error),
    }
}
