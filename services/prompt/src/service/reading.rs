//! Reading prompts and their versions.

use auth::Identity;
use events::{Envelope, PromptViewed};
use http_kit::{
    ApiResult, Page, PageQuery,
    page::{Include, MAX_PAGE_BYTES},
};
use ids::PromptId;
use pg::Timestamp;

use super::lists;
use crate::{
    domain::{LATEST, Prompt, Version, VersionRef, VersionSummary},
    error::ServiceError,
    repo::prompts,
    state::AppState,
    viewers::Visitor,
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
        // Read in one with the prompt, so it is never on a version newer than its newest. One on a
        // version that the caller may not know of is none.
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

/// As [`find`], counted as a view unless the author looks, there is no such version, or the same
/// visitor has viewed it just before. Nothing here waits for Kafka or for a write.
pub async fn view(
    state: &AppState,
    caller: Option<&Identity>,
    visitor: &Visitor,
    id: PromptId,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let current = find(state, caller, id, VersionRef::Newest).await?;
    // As it is now, whichever version is read: this may be shown to everyone.
    let (title, category) = (current.title.clone(), current.category.clone());
    let prompt = as_version(state, current, version).await?;
    if !prompt.is_by(caller)
        && let Some(view) = state.viewers.view(id, visitor)
    {
        state.traffic.viewed(id);
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

/// A page of a prompt's versions, newest first; those whose content the caller may read.
pub async fn versions(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    query: &PageQuery,
    include: Option<Include>,
) -> ApiResult<Page<VersionSummary>> {
    let _place = lists::place_for_contents(state, include).await?;
    let prompt = find(state, caller, id, VersionRef::Newest).await?;
    let readable = prompt.readable_versions();
    if readable.is_empty() {
        return Err(ServiceError::ContentWithheld.into());
    }
    let before = query.cursor::<i32>()?.unwrap_or(i32::MAX);
    let numbers = readable.page(before, query.offset(), query.limit() + 1);
    let page = Page::new(query, numbers, Some(readable.len()), |number| *number);
    let numbers = &page.content;
    let mut versions =
        state.versions.summaries(id, numbers).await.map_err(ServiceError::Versions)?;
    let mut content_truncated = false;
    if include == Some(Include::Content) {
        let contents = state.versions.contents(id, numbers, MAX_PAGE_BYTES).await;
        let mut contents = contents.map_err(ServiceError::Versions)?;
        for version in &mut versions {
            version.content = contents.remove(&version.version);
            content_truncated |= version.content.is_none();
        }
    }
    Ok(Page { content_truncated, ..page.with_content(versions) })
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
    let shown = prompt.shown_versions().contains(number);
    if shown && !prompt.readable_versions().contains(number) {
        return Err(ServiceError::ContentWithheld);
    }
    read_version(state, prompt, number).await
}

/// A version that the caller may know of.
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
