//! Versions: listing, reading, comparing, restoring and rendering them.

use std::collections::BTreeMap;

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{Include, MAX_PAGE_BYTES, Slice, known},
};
use ids::PromptId;
use tokio::try_join;

use super::{prompt_lists, prompts, reading};
use crate::{
    domain::{
        Editors, Hunk, MAX_RENDERED_BYTES, Prompt, PromptChanges, Version, VersionRef,
        VersionSummary, diff_hunks, unified_diff,
    },
    error::ServiceError,
    state::AppState,
};

/// Lists the versions of a prompt whose content the caller may read, newest first; with the prompt, which
/// has their labels.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    query: &PageQuery,
    include: Option<Include>,
) -> Result<(Prompt, Page<VersionSummary>), ServiceError> {
    let _permit = prompt_lists::acquire_content_permit(state, include).await?;
    let prompt = reading::find(state, caller, id, VersionRef::Newest).await?;
    let readable = prompt.readable_versions();
    if readable.is_empty() {
        return Err(ServiceError::ContentWithheld);
    }
    let numbers = async |slice: Slice<i32>| -> Result<_, ServiceError> {
        let before = slice.after.unwrap_or(i32::MAX);
        Ok(readable.page(before, slice.offset, slice.limit))
    };
    let page = query.page(known(readable.len()), numbers, |number| *number).await?;
    let numbers = &page.content;
    let mut versions = state.versions.summaries(id, numbers).await?;
    let mut content_truncated = false;
    if include == Some(Include::Content) {
        let mut contents = state.versions.contents(id, numbers, MAX_PAGE_BYTES).await?;
        for version in &mut versions {
            version.content = contents.remove(&version.version);
            content_truncated |= version.content.is_none();
        }
    }
    Ok((prompt, Page { content_truncated, ..page.with_content(versions) }))
}

/// Finds one version of a prompt whose content the caller may read; with the prompt, which has its labels.
pub async fn find(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    number: i32,
) -> Result<(Prompt, Version), ServiceError> {
    let prompt = reading::find(state, caller, id, VersionRef::Newest).await?;
    let version = reading::readable_version(state, &prompt, number).await?;
    Ok((prompt, version))
}

/// Two versions and the differences of their contents.
pub struct VersionDiff {
    pub from: Version,
    pub to: Version,
    pub hunks: Vec<Hunk>,
    /// The hunks as one text.
    pub unified: String,
}

/// Compares two versions of a prompt whose content the caller may read: `to`, or else the newest,
/// with `from`, or else the one before that the caller may read.
pub async fn diff(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    from: Option<i32>,
    to: Option<i32>,
) -> Result<VersionDiff, ServiceError> {
    let prompt = reading::find(state, caller, id, VersionRef::Newest).await?;
    let to = to.unwrap_or(prompt.version);
    let from = from.or_else(|| prompt.readable_versions().below(to)).unwrap_or(to);
    let (from, to) = try_join!(
        reading::readable_version(state, &prompt, from),
        reading::readable_version(state, &prompt, to),
    )?;
    let compare = move || {
        let hunks = diff_hunks(&from.text.content, &to.text.content);
        let name = |version: &Version| format!("version {}", version.version);
        VersionDiff { unified: unified_diff(&name(&from), &name(&to), &hunks), hunks, from, to }
    };
    Ok(state.diff_limit.run(compare).await?)
}

/// Copies version `number` of the caller's own prompt into a new version, unless the newest equals it.
pub async fn restore(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    number: i32,
    expected: Option<&[i64]>,
) -> Result<prompts::UpdatedPrompt, ServiceError> {
    let prompt = reading::find(state, Some(caller), id, VersionRef::Newest).await?;
    if !prompt.is_by(Some(caller)) {
        return Err(ServiceError::NotTheAuthor);
    }
    // Versions do not change, so this one is the same once the prompt is locked.
    let text = reading::readable_version(state, &prompt, number).await?.text;
    let changes = PromptChanges {
        title: Some(text.title),
        content: Some(text.content),
        description: Some(text.description),
        category: Some(text.category),
        tags: Some(text.tags),
        model: Some(text.model),
        change_log: Some(format!("Restored version {number}")),
        ..PromptChanges::default()
    };
    prompts::update(state, caller, Editors::Author, id, changes, expected).await
}

/// A version's content with its placeholders filled in.
pub struct RenderedVersion {
    pub content: String,
    pub version: i32,
}

/// Fills in the placeholders of a version whose content the caller may read.
pub async fn render(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
    values: BTreeMap<String, String>,
) -> Result<RenderedVersion, ServiceError> {
    let prompt = reading::find(state, caller, id, version).await?;
    let content = prompt.content.ok_or(ServiceError::ContentWithheld)?;
    let render = move || match template::rendered_len(&content, &values) {
        0..=MAX_RENDERED_BYTES => Ok(template::render(&content, &values)?),
        _ => Err(ServiceError::RenderedTooLong),
    };
    let content = state.text_limit.run(render).await??;
    state.usage_counter.add_use(id);
    Ok(RenderedVersion { content, version: prompt.version })
}
