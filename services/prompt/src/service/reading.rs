//! Reading prompts and their versions, with the checks that the caller may.

use std::sync::Arc;

use auth::Identity;
use events::{Envelope, PromptViewed};
use ids::PromptId;
use read_cache::{SharedRead, View};
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

/// Checks that the prompt exists and `caller` may read it. Returns the prompt as everyone sees it, unless it is
/// hidden from most.
pub async fn find_shared(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
) -> Result<Option<Arc<SharedRead<Prompt>>>, ServiceError> {
    let shared = state.prompt_cache.get(&state.pool, id).await?;
    match (&shared, caller) {
        (Some(_), _) => {}
        (None, Some(_)) => ensure_visible(state, caller, id).await?,
        (None, None) => return Err(ServiceError::PromptNotFound),
    }
    Ok(shared)
}

/// Finds a prompt as [`find`] does, from the cache where everyone sees the same.
pub async fn view(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
) -> Result<View<Prompt>, ServiceError> {
    let newest = view_newest(state, caller, id, &version).await?;
    view_version(state, newest, version).await
}

/// Finds the newest version of a prompt, as `caller` sees it.
async fn view_newest(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: &VersionRef,
) -> Result<View<Prompt>, ServiceError> {
    let shared = state.prompt_cache.get(&state.pool, id).await?;
    let Some(caller) = caller else {
        return shared.map(View::Shared).ok_or(ServiceError::PromptNotFound);
    };
    match shared.filter(|shared| shared.value.content.is_some()) {
        Some(shared) => {
            let standing = state.standings.find(id, caller.id).await?;
            if version.is_newest() && !standing.has_liked {
                return Ok(View::Shared(shared));
            }
            Ok(View::own(shared.value.seen_by(caller, standing)))
        }
        // The content, or all of it, is withheld from most: whether from the caller is for the database to
        // say.
        None => {
            let prompt = prompts::find(&state.pool, id, Some(caller)).await?;
            Ok(View::own(prompt.ok_or(ServiceError::PromptNotFound)?))
        }
    }
}

/// Shows a version of a prompt.
async fn view_version(
    state: &AppState,
    newest: View<Prompt>,
    version: VersionRef,
) -> Result<View<Prompt>, ServiceError> {
    let prompt = match newest {
        newest if version.is_newest() => return Ok(newest),
        View::Shared(shared) => shared.value.clone(),
        View::Own(prompt) => *prompt,
    };
    Ok(View::own(show_version(state, prompt, version).await?))
}

/// Finds a prompt as [`view`] does, and counts a view unless the caller is its author or the same viewer
/// has viewed it within half an hour. Waits neither for Kafka nor for a write.
pub async fn view_and_count(
    state: &AppState,
    caller: Option<&Identity>,
    viewer: &Viewer,
    id: PromptId,
    version: VersionRef,
) -> Result<View<Prompt>, ServiceError> {
    let newest = view_newest(state, caller, id, &version).await?;
    if version.is_newest() {
        count_view(state, caller, viewer, newest.value());
        return Ok(newest);
    }
    // The event has the title and the category of the newest version, which everyone may see.
    let viewed = newest.value().clone();
    let view = view_version(state, newest, version).await?;
    count_view(state, caller, viewer, &viewed);
    Ok(view)
}

/// Counts a view of a prompt, which shows its newest version, unless it is the author's or a recent viewer's.
fn count_view(state: &AppState, caller: Option<&Identity>, viewer: &Viewer, prompt: &Prompt) {
    if prompt.is_by(caller) {
        return;
    }
    let Some(counted) = state.view_deduplicator.record(prompt.id, viewer) else { return };
    state.usage_counter.add_view(prompt.id);
    state.producer.offer(&Envelope::new(PromptViewed {
        prompt_id: prompt.id,
        title: prompt.title.clone(),
        category: prompt.category.clone(),
        is_public: Some(prompt.is_listed()),
        user_id: caller.map(|caller| caller.id),
        viewer_key: counted.viewer_key,
        viewed_at: Timestamp::now(),
    }));
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
