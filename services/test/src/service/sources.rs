//! From where a prompt comes from to its text: the one place that asks the prompt service.

use std::collections::BTreeMap;

use auth::{CallError, Identity};
use ids::PromptId;
use serde::Deserialize;

use crate::{
    domain::{MAX_PROMPT_BYTES, PromptSource, VersionPick},
    error::ServiceError,
    state::AppState,
};

/// A prompt's text, placeholders and all.
#[derive(Clone, Debug)]
pub struct Template {
    /// The prompt and its version, unless the content was given.
    pub prompt: Option<(PromptId, i32)>,
    pub content: String,
}

/// # Errors
/// When there is no such prompt, version or label for this caller, or its content is withheld, or
/// the prompt service cannot be asked.
pub async fn fetch(
    state: &AppState,
    caller: &Identity,
    source: PromptSource,
) -> Result<Template, ServiceError> {
    match source {
        PromptSource::Content(content) => Ok(Template { prompt: None, content }),
        PromptSource::Prompt { id, pick } => {
            let prompt = ask(state, caller, id, &pick).await?;
            let content = prompt.content.ok_or(ServiceError::ContentWithheld)?;
            Ok(Template { prompt: Some((id, prompt.version)), content })
        }
    }
}

impl Template {
    /// What is sent to a model.
    ///
    /// # Errors
    /// When it would be too long, or the variables do not fit the placeholders.
    pub fn fill(&self, variables: &BTreeMap<String, String>) -> Result<String, ServiceError> {
        if template::rendered_len(&self.content, variables) > MAX_PROMPT_BYTES {
            return Err(ServiceError::PromptTooLong);
        }
        Ok(template::render(&self.content, variables)?)
    }
}

/// What is read of the prompt service's answer.
#[derive(Deserialize)]
struct Prompt {
    /// `None` when the caller holds no licence to it.
    content: Option<String>,
    version: i32,
}

async fn ask(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    pick: &VersionPick,
) -> Result<Prompt, ServiceError> {
    let query = match pick {
        VersionPick::Latest => String::new(),
        VersionPick::Number(version) => format!("?version={version}"),
        VersionPick::Label(label) => format!("?label={label}"),
    };
    let path = format!("/internal/prompts/{id}{query}");
    state.prompts.get(&path, Some(caller)).await.map_err(|error| match &error {
        CallError::Refused { code, .. } if code == "PROMPT_NOT_FOUND" => {
            ServiceError::PromptNotFound
        }
        CallError::Refused { code, .. } if code == "VERSION_NOT_FOUND" => {
            ServiceError::VersionNotFound
        }
        CallError::Refused { code, .. } if code == "LABEL_NOT_FOUND" => ServiceError::LabelNotFound,
        _ => error.into(),
    })
}
