//! Reading prompts and their versions.

use auth::Identity;
use events::{Envelope, PromptViewed};
use http_kit::{ApiResult, Page, PageQuery};
use ids::PromptId;
use pg::Timestamp;

use crate::{
    domain::{LATEST, Prompt, Version, VersionRef},
    error::ServiceError,
    repo::prompts,
    state::AppState,
};

/// A prompt, as the version that is meant.
pub async fn find(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let prompt =
        prompts::find(&state.pool, id, caller).await?.ok_or(ServiceError::PromptNotFound)?;
    as_version(state, prompt, version).await
}

async fn as_version(
    state: &AppState,
    mut prompt: Prompt,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let number = match version {
        VersionRef::Newest => prompt.newest_version,
        VersionRef::Number(number) => number,
        VersionRef::Label(label) if label == LATEST => prompt.newest_version,
        // Read in one with the prompt, so it is never on a version newer than its newest.
        VersionRef::Label(label) => match prompt.labels.get(&label) {
            Some(number) => *number,
            None => return Err(ServiceError::LabelNotFound),
        },
    };
    if number != prompt.newest_version {
        let old = read_version(state, &prompt, number).await?;
        prompt.show(old);
    }
    Ok(prompt)
}

/// That there is a prompt which `caller` may read, without reading it.
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

/// As [`find`], counted as a view unless the author looks, or there is no such version. Nothing here
/// waits for Kafka or for a write.
pub async fn view(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let current = find(state, caller, id, VersionRef::Newest).await?;
    let viewed = (!current.is_by(caller)).then(|| PromptViewed {
        prompt_id: id,
        // As it is now, whichever version is read: this may be shown to everyone.
        title: current.title.clone(),
        category: current.category.clone(),
        is_public: Some(current.is_listed()),
        user_id: caller.map(|caller| caller.id),
        viewer_key: None,
        viewed_at: Timestamp::now(),
    });
    let prompt = as_version(state, current, version).await?;
    if let Some(viewed) = viewed {
        state.traffic.viewed(id);
        state.producer.offer(&Envelope::new(viewed));
    }
    Ok(prompt)
}

/// A page of a prompt's versions, newest first; those whose content the caller may read.
pub async fn versions(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    query: &PageQuery,
) -> ApiResult<Page<Version>> {
    let prompt = find(state, caller, id, VersionRef::Newest).await?;
    let oldest = prompt.readable_from.ok_or(ServiceError::ContentWithheld)?;
    // Numbers have no gaps, so a page begins at a number, and a cursor is the last one seen.
    let newest = match query.cursor::<i32>()? {
        Some(seen) => seen.saturating_sub(1).min(prompt.version),
        None => prompt.version.saturating_sub(i32::try_from(query.offset()).unwrap_or(i32::MAX)),
    };
    let rows = state
        .versions
        .list(id, oldest..=newest, query.limit() + 1)
        .await
        .map_err(ServiceError::Versions)?;
    let total = i64::from(prompt.version - oldest + 1);
    Ok(Page::new(query, rows, Some(total), |version| version.version))
}

/// One version of a prompt whose content the caller may read.
pub async fn version(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    number: i32,
) -> Result<Version, ServiceError> {
    let prompt = find(state, caller, id, VersionRef::Newest).await?;
    readable_version(state, &prompt, number).await
}

/// A version of `prompt`, of which the newest is shown, unless its content is withheld.
pub(super) async fn readable_version(
    state: &AppState,
    prompt: &Prompt,
    number: i32,
) -> Result<Version, ServiceError> {
    let exists = (1..=prompt.version).contains(&number);
    if exists && prompt.readable_from.is_none_or(|from| number < from) {
        return Err(ServiceError::ContentWithheld);
    }
    read_version(state, prompt, number).await
}

async fn read_version(
    state: &AppState,
    prompt: &Prompt,
    number: i32,
) -> Result<Version, ServiceError> {
    if !(1..=prompt.version).contains(&number) {
        return Err(ServiceError::VersionNotFound);
    }
    state.versions.find(prompt.id, number).await?.ok_or(ServiceError::VersionNotFound)
}
