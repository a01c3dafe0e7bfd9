//! The prompt that a licence gives access to, in the licensed version and newer ones.

use auth::Identity;
use ids::LicenseId;

use super::{licenses, prompt_sync};
use crate::{
    domain::{License, Prompt, SyncSubject},
    error::ServiceError,
    repo,
    state::AppState,
};

/// A prompt in one version, with its content.
#[derive(Debug)]
pub struct LicensedPrompt {
    pub version: i32,
    pub title: String,
    pub description: Option<String>,
    pub category: String,
    pub content: String,
    /// Whether this is the copy that was listed, instead of the prompt itself.
    pub is_copy: bool,
}

/// Returns the prompt that `holder` has a licence for, in this version or the newest. The copy that
/// was listed replaces the licensed version when the prompt is deleted, or its service is away.
pub async fn read(
    state: &AppState,
    id: LicenseId,
    holder: &Identity,
    version: Option<i32>,
) -> Result<(License, LicensedPrompt), ServiceError> {
    let license = licenses::find(state, id, holder).await?;
    if !license.is_active() {
        return Err(ServiceError::LicenseNotValid);
    }
    let licensed = license.prompt_version;
    if version.is_some_and(|version| version < licensed) {
        return Err(ServiceError::VersionNotLicensed);
    }
    let prompt = match fetch(state, &license, holder, version).await {
        Ok(prompt) => prompt,
        Err(ServiceError::PromptNotFound) if version.is_none_or(|version| version == licensed) => {
            load_copy(state, &license, holder).await?
        }
        // Newer versions may have existed, but they are deleted with the prompt.
        Err(ServiceError::PromptNotFound) => return Err(ServiceError::VersionNotFound),
        // A version never changes, so the copy equals it.
        Err(ServiceError::Call(error)) if version == Some(licensed) => {
            tracing::warn!("serving the copy: {error:#}");
            match load_copy(state, &license, holder).await {
                Err(ServiceError::PromptNotFound) => return Err(ServiceError::Call(error)),
                other => other?,
            }
        }
        Err(error) => return Err(error),
    };
    Ok((license, prompt))
}

async fn fetch(
    state: &AppState,
    license: &License,
    holder: &Identity,
    version: Option<i32>,
) -> Result<LicensedPrompt, ServiceError> {
    let find = async || {
        let prompt = state.prompt_service.get_prompt(license.prompt_id, version, holder);
        prompt.await.map_err(ServiceError::from)
    };
    match find().await.map(with_content) {
        Ok(Some(prompt)) => return Ok(prompt),
        Ok(None) | Err(ServiceError::PromptNotFound) => {}
        Err(error) => return Err(error),
    }
    // The prompt service may not know of the licence yet.
    prompt_sync::push_now(state, SyncSubject::License(license.id, license.prompt_id)).await;
    with_content(find().await?).ok_or(ServiceError::PromptNotFound)
}

/// Returns `None` when the content is withheld.
fn with_content(prompt: Prompt) -> Option<LicensedPrompt> {
    Some(LicensedPrompt {
        version: prompt.version,
        title: prompt.title,
        description: prompt.description,
        category: prompt.category,
        content: prompt.content?,
        is_copy: false,
    })
}

async fn load_copy(
    state: &AppState,
    license: &License,
    holder: &Identity,
) -> Result<LicensedPrompt, ServiceError> {
    let sold = repo::licenses::find_sold_copy(&state.pool, license.id, holder.id)
        .await?
        .ok_or(ServiceError::LicenseNotValid)?;
    Ok(LicensedPrompt {
        version: license.prompt_version,
        title: sold.title,
        description: sold.description,
        category: sold.category,
        content: sold.content.ok_or(ServiceError::PromptNotFound)?,
        is_copy: true,
    })
}
