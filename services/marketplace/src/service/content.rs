//! What a licence gives: the prompt's content, in the licensed version and newer ones.

use auth::Identity;
use ids::LicenseId;

use super::{licenses, steps};
use crate::{
    domain::{License, Prompt, Subject},
    error::ServiceError,
    repo,
    state::AppState,
};

/// A prompt in one version, with its content.
#[derive(Debug)]
pub struct Content {
    pub version: i32,
    pub title: String,
    pub description: Option<String>,
    pub category: String,
    pub content: String,
    /// The copy that was listed, not the prompt itself.
    pub is_copy: bool,
}

/// The prompt that `holder` holds a licence to, in this version or the newest. The copy that was
/// listed stands in for the licensed version when the prompt is gone, or does not answer.
pub async fn read(
    state: &AppState,
    id: LicenseId,
    holder: &Identity,
    version: Option<i32>,
) -> Result<(License, Content), ServiceError> {
    let license = licenses::find(state, id, holder).await?;
    if !license.is_active() {
        return Err(ServiceError::LicenseNotValid);
    }
    let licensed = license.prompt_version;
    if version.is_some_and(|version| version < licensed) {
        return Err(ServiceError::VersionNotLicensed);
    }
    let content = match ask(state, &license, holder, version).await {
        Ok(content) => content,
        Err(ServiceError::PromptNotFound) if version.is_none_or(|version| version == licensed) => {
            copy(state, &license, holder).await?
        }
        // It may be that there was a newer one, which nobody can say any more.
        Err(ServiceError::PromptNotFound) => return Err(ServiceError::VersionNotFound),
        // A version never changes, so the copy is as good.
        Err(ServiceError::Call(error)) if version == Some(licensed) => {
            tracing::warn!("serving the copy: {error:#}");
            match copy(state, &license, holder).await {
                Err(ServiceError::PromptNotFound) => return Err(ServiceError::Call(error)),
                other => other?,
            }
        }
        Err(error) => return Err(error),
    };
    Ok((license, content))
}

async fn ask(
    state: &AppState,
    license: &License,
    holder: &Identity,
    version: Option<i32>,
) -> Result<Content, ServiceError> {
    let find = async || {
        let prompt = state.prompt_service.get_prompt(license.prompt_id, version, holder);
        prompt.await.map_err(ServiceError::from)
    };
    match find().await.map(shown) {
        Ok(Some(content)) => return Ok(content),
        Ok(None) | Err(ServiceError::PromptNotFound) => {}
        Err(error) => return Err(error),
    }
    // It may not have heard of the licence yet.
    steps::tell_now(state, Subject::License(license.id, license.prompt_id)).await;
    shown(find().await?).ok_or(ServiceError::PromptNotFound)
}

/// `None` when the content is withheld.
fn shown(prompt: Prompt) -> Option<Content> {
    Some(Content {
        version: prompt.version,
        title: prompt.title,
        description: prompt.description,
        category: prompt.category,
        content: prompt.content?,
        is_copy: false,
    })
}

async fn copy(
    state: &AppState,
    license: &License,
    holder: &Identity,
) -> Result<Content, ServiceError> {
    let sold = repo::licenses::sold(&state.pool, license.id, holder.id)
        .await?
        .ok_or(ServiceError::LicenseNotValid)?;
    Ok(Content {
        version: license.prompt_version,
        title: sold.title,
        description: sold.description,
        category: sold.category,
        content: sold.content.ok_or(ServiceError::PromptNotFound)?,
        is_copy: true,
    })
}
