//! Reads prompts from the prompt service.

use auth::Identity;
use ids::PromptId;
use internal_api::{
    CallError, ServiceClient,
    prompt::{GetPrompt, GetPromptQuery, GetPromptRefusal, PromptResponse},
};

use crate::domain::VersionRef;

/// A client of the prompt service.
#[derive(Clone)]
pub struct PromptService {
    client: ServiceClient,
}

impl PromptService {
    pub fn new(client: ServiceClient) -> Self {
        Self { client }
    }

    /// Reads a version of a prompt on behalf of `caller`.
    ///
    /// # Errors
    /// When there is no such prompt, version or label for this caller, or the prompt service is away.
    pub async fn get_prompt(
        &self,
        id: PromptId,
        version: &VersionRef,
        caller: &Identity,
    ) -> Result<PromptResponse, CallError<GetPromptRefusal>> {
        let query = match version {
            VersionRef::Latest => GetPromptQuery::default(),
            VersionRef::Number(number) => {
                GetPromptQuery { version: Some(*number), ..GetPromptQuery::default() }
            }
            VersionRef::Label(label) => {
                GetPromptQuery { label: Some(label.clone()), ..GetPromptQuery::default() }
            }
        };
        self.client.call::<GetPrompt>(id, &query, Some(caller)).await
    }
}
