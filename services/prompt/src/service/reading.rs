//! Reading prompts and their versions.

use auth::Identity;
use events::{Envelope, PromptViewed};
use http_kit::{ApiResult, Page, PageQuery, page::SortDir};
use ids::{PromptId, UserId};
use pg::Timestamp;

use crate::{
    domain::{LATEST, Prompt, Version, VersionRef, Visibility},
    error::ServiceError,
    repo::prompts::{self, Position, Shelf, Slice, SortBy},
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
        VersionRef::Label(_) => return Err(ServiceError::LabelNotFound),
    };
    if number != prompt.newest_version {
        let old = read_version(state, &prompt, number).await?;
        prompt.version = old.version;
        prompt.title = old.text.title;
        prompt.content = old.text.content;
        prompt.description = old.text.description;
        prompt.category = old.text.category;
        prompt.tags = old.text.tags;
        prompt.model = old.text.model;
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

/// As [`find`], counted as a view unless the author looks. Nothing here waits for Kafka or for a
/// write.
pub async fn view(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
) -> Result<Prompt, ServiceError> {
    let current = find(state, caller, id, VersionRef::Newest).await?;
    if !current.is_by(caller) {
        state.views.add(id);
        state.producer.offer(&Envelope::new(PromptViewed {
            prompt_id: id,
            // As it is now, whichever version is read: this may be shown to everyone.
            title: current.title.clone(),
            category: current.category.clone(),
            is_public: Some(current.visibility == Visibility::Public),
            user_id: caller.map(|caller| caller.id),
            viewed_at: Timestamp::now(),
        }));
    }
    as_version(state, current, version).await
}

/// A page of public prompts.
pub async fn public(
    state: &AppState,
    caller: Option<UserId>,
    query: &PageQuery,
    sort_by: SortBy,
    sort_dir: SortDir,
) -> ApiResult<Page<Prompt>> {
    list(state, Shelf::Public, caller, query, sort_by, sort_dir).await
}

/// A page of the caller's own prompts, private ones too, newest first.
pub async fn own(state: &AppState, caller: UserId, query: &PageQuery) -> ApiResult<Page<Prompt>> {
    list(state, Shelf::Own(caller), Some(caller), query, SortBy::CreatedAt, SortDir::Desc).await
}

async fn list(
    state: &AppState,
    shelf: Shelf,
    caller: Option<UserId>,
    query: &PageQuery,
    sort_by: SortBy,
    sort_dir: SortDir,
) -> ApiResult<Page<Prompt>> {
    let after = query.cursor::<Position>()?;
    if after.as_ref().is_some_and(|position| !sort_by.accepts(position)) {
        return Err(http_kit::page::wrong_cursor());
    }
    let total = match after {
        Some(_) => None,
        None => Some(prompts::count(&state.pool, shelf).await.map_err(pg::api_error)?),
    };
    let slice =
        Slice { sort_by, sort_dir, after, offset: query.offset(), limit: query.limit() + 1 };
    let rows = prompts::list(&state.pool, shelf, slice, caller).await.map_err(pg::api_error)?;
    Ok(Page::new(query, rows, total, |prompt| sort_by.position(prompt)))
}

/// A page of a prompt's versions, newest first.
pub async fn versions(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    query: &PageQuery,
) -> ApiResult<Page<Version>> {
    let prompt = find(state, caller, id, VersionRef::Newest).await?;
    // Numbers have no gaps, so a page begins at a number, and a cursor is the last one seen.
    let newest = match query.cursor::<i32>()? {
        Some(seen) => seen.saturating_sub(1).min(prompt.version),
        None => prompt.version.saturating_sub(i32::try_from(query.offset()).unwrap_or(i32::MAX)),
    };
    let rows =
        state.versions.list(id, newest, query.limit() + 1).await.map_err(ServiceError::Versions)?;
    Ok(Page::new(query, rows, Some(i64::from(prompt.version)), |version| version.version))
}

/// One version of a prompt.
pub async fn version(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    number: i32,
) -> Result<Version, ServiceError> {
    let prompt = find(state, caller, id, VersionRef::Newest).await?;
    read_version(state, &prompt, number).await
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
