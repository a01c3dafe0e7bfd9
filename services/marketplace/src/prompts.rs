//! What the prompt service says of a prompt.

use auth::{CallError, Identity, ServiceClient};
use http::StatusCode;
use ids::{PromptId, UserId};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::error::ServiceError;

/// A prompt as it is now; a listing keeps a copy of this.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prompt {
    pub id: PromptId,
    pub title: String,
    pub description: Option<String>,
    pub content_preview: String,
    pub category: String,
    /// The author.
    pub user_id: UserId,
    pub username: String,
    pub version: i32,
    #[serde(with = "http_kit::decimal::option", default)]
    pub average_rating: Option<Decimal>,
}

/// Asks the prompt service.
#[derive(Clone)]
pub struct Prompts {
    service: ServiceClient,
}

impl Prompts {
    pub fn new(service: ServiceClient) -> Self {
        Self { service }
    }

    /// A prompt whose content `caller` may read.
    ///
    /// # Errors
    /// [`ServiceError::PromptNotFound`] when there is none, [`ServiceError::Call`] when the prompt
    /// service cannot be asked.
    pub async fn find(&self, id: PromptId, caller: &Identity) -> Result<Prompt, ServiceError> {
        self.service.get(&format!("/internal/prompts/{id}"), Some(caller)).await.map_err(|error| {
            match error {
                CallError::Refused { status: StatusCode::NOT_FOUND, .. } => {
                    ServiceError::PromptNotFound
                }
                other => ServiceError::Call(other),
            }
        })
    }
}
