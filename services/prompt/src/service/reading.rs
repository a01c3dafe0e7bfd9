//! Reading prompts and their versions, with the checks that the caller may.

use auth::Identity;
use events::{Envelope, PromptViewed};
use ids::PromptId;
use timestamp::Timestamp;

use super::view_deduplicator::Viewer;
use crate::{
    domain::{LATEST, Prompt, Version, VersionRef},
    error::ServiceError,
    repo::prompts,
    state::AppState,
};

/// Finds a prompt that the caller may read, and shows one of its versions.
pub async fn find(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let prompt =
        prompts::find(&state.pool, id, caller).await?.ok_or(ServiceError::PromptNotFound)?;
    show_version(state, prompt, version).await
}

/// Shows a version of a prompt.
async fn show_version(
    state: &AppState,
    mut prompt: Prompt,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let number = match version {
        VersionRef::Newest => prompt.newest_version,
        VersionRef::Number(number) => number,
        VersionRef::Label(label) if label == LATEST => prompt.newest_version,
        // Read in one statement with the prompt, so its version is never newer than the newest. A label
        // of a version that the caller may not know of does not exist for them.
        VersionRef::Label(label) => match prompt.labels.get(&label) {
            Some(number) if prompt.shown_versions().contains(*number) => *number,
            _ => return Err(ServiceError::LabelNotFound),
        },
    };
    if number != prompt.newest_version {
        let old = read_version(state, &prompt, number).await?;
        prompt.show(old);
    }
    Ok(prompt)
}

/// Checks that the prompt exists and `caller` may read it, without reading it.
pub async fn ensure_visible(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
) -> Result<(), ServiceError> {
    match prompts::is_visible(&state.pool, id, caller).await? {
        true => Ok(()),
        false => Err(ServiceError::PromptNotFound),
    }
}

/// Finds a prompt as [`find`] does, and counts a view unless the caller is its author or the same viewer
/// has viewed it within half an hour. Waits neither for Kafka nor for a write.
pub async fn find_and_count_view(
    state: &AppState,
    caller: Option<&Identity>,
    viewer: &Viewer,
    id: PromptId,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let current = find(state, caller, id, VersionRef::Newest).await?;
    // From the newest version, whichever is read: the event may be shown to everyone.
    let (title, category) = (current.title.clone(), current.category.clone());
    let prompt = show_version(state, current, version).await?;
    if !prompt.is_by(caller)
        && let Some(view) = state.view_deduplicator.record(id, viewer)
    {
        state.usage_counter.add_view(id);
        state.producer.offer(&Envelope::new(PromptViewed {
            prompt_id: id,
            title,
            category,
            is_public: Some(prompt.is_listed()),
            user_id: caller.map(|caller| caller.id),
            viewer_key: view.viewer_key,
            viewed_at: Timestamp::now(),
        }));
    }
    Ok(prompt)
}

/// Finds a version of `prompt`, which shows its newest, if the caller may read its content.
pub(super) async fn readable_version(
    state: &AppState,
    prompt: &Prompt,
    number: i32,
) -> Result<Version, ServiceError> {
    let shown = prompt.shown_versions().contains(number);
    if shown && !prompt.readable_versions().contains(number) {
        return Err(ServiceError::ContentWithheld);
    }
    read_version(state, prompt, number).await
}

/// Finds a version that the caller may know of.
async fn read_version(
    state: &AppState,
    prompt: &Prompt,
    number: i32,
) -> Result<Version, ServiceError> {
    if !prompt.shown_versions().contains(number) {
        return Err(ServiceError::VersionNotFound);
    }
    state.versions.find(prompt.id, number).await?.ok_or(ServiceError::VersionNotFound)
}
