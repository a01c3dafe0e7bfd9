//! Labels: names that an author moves from version to version.

use auth::Identity;
use ids::PromptId;

use super::prompts::refusal;
use crate::{
    domain::{Editors, Label, MAX_LABELS},
    error::ServiceError,
    repo::{
        labels,
        prompts::{self, RowLock},
    },
    state::AppState,
};

/// Labels a version of the caller's own prompt; the version that had the label loses it.
pub async fn set(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    label: &Label,
    version: i32,
) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    // The lock keeps two calls at once from both counting one label too few.
    let Some(prompt) =
        prompts::lock(&mut tx, id, caller, Editors::Author, RowLock::NoKeyUpdate).await?
    else {
        return Err(refusal(&mut tx, id, caller).await?);
    };
    if !(1..=prompt.newest_version).contains(&version) {
        return Err(ServiceError::VersionNotFound);
    }
    if labels::count_others(&mut tx, id, label).await? >= MAX_LABELS {
        return Err(ServiceError::TooManyLabels);
    }
    labels::set(&mut tx, id, label, version).await?;
    tx.commit().await?;
    state.prompt_cache.forget(id);
    Ok(())
}

/// Removes a label of the caller's own prompt.
pub async fn remove(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    label: &Label,
) -> Result<(), ServiceError> {
    if labels::delete(&state.pool, id, caller.id, label).await? {
        state.prompt_cache.forget(id);
        return Ok(());
    }
    match prompts::find(&state.pool, id, Some(caller)).await? {
        Some(prompt) if prompt.is_by(Some(caller)) => Err(ServiceError::LabelNotFound),
        Some(_) => Err(ServiceError::NotTheAuthor),
        None => Err(ServiceError::PromptNotFound),
    }
}
