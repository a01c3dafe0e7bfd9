//! What can be done with a version: compared with another, brought back, filled in.

use std::collections::BTreeMap;

use auth::Identity;
use ids::PromptId;
use tokio::try_join;

use super::{prompts, reading};
use crate::{
    domain::{Changes, Hunk, Version, VersionRef, hunks, unified},
    error::ServiceError,
    repo::prompts::Editors,
    state::AppState,
};

/// Two versions and how their contents differ.
pub struct Diff {
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
) -> Result<Diff, ServiceError> {
    let prompt = reading::find(state, caller, id, VersionRef::Newest).await?;
    let to = to.unwrap_or(prompt.version);
    let from = from.or_else(|| prompt.readable_versions().below(to)).unwrap_or(to);
    let (from, to) = try_join!(
        reading::readable_version(state, &prompt, from),
        reading::readable_version(state, &prompt, to),
    )?;
    let compare = move || {
        let hunks = hunks(&from.text.content, &to.text.content);
        let name = |version: &Version| format!("version {}", version.version);
        Diff { unified: unified(&name(&from), &name(&to), &hunks), hunks, from, to }
    };
    Ok(state.diffs.run(compare).await?)
}

/// Makes the caller's own prompt what version `number` was, as a new version, unless it is that
/// already.
pub async fn restore(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    number: i32,
    expected: Option<&[i64]>,
) -> Result<prompts::Edited, ServiceError> {
    let prompt = reading::find(state, Some(caller), id, VersionRef::Newest).await?;
    if !prompt.is_by(Some(caller)) {
        return Err(ServiceError::NotTheAuthor);
    }
    // Versions do not change, so this one is the same once the prompt is locked.
    let text = reading::readable_version(state, &prompt, number).await?.text;
    let changes = Changes {
        title: Some(text.title),
        content: Some(text.content),
        description: Some(text.description),
        category: Some(text.category),
        tags: Some(text.tags),
        model: Some(text.model),
        change_log: Some(format!("Restored version {number}")),
        ..Changes::default()
    };
    prompts::edit(state, caller, Editors::Author, id, changes, expected).await
}

/// The longest text that a filled-in template may be: as long as the longest request.
pub const MAX_RENDERED_BYTES: usize = http_kit::app::MAX_BODY_BYTES;

/// A version's content with its placeholders filled in.
pub struct Rendered {
    pub content: String,
    pub version: i32,
}

/// Fills in a version whose content the caller may read.
pub async fn render(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    version: VersionRef,
    values: BTreeMap<String, String>,
) -> Result<Rendered, ServiceError> {
    let prompt = reading::find(state, caller, id, version).await?;
    let content = prompt.content.ok_or(ServiceError::ContentWithheld)?;
    let fill_in = move || match template::rendered_len(&content, &values) {
        0..=MAX_RENDERED_BYTES => Ok(template::render(&content, &values)?),
        _ => Err(ServiceError::RenderedTooLong),
    };
    let content = state.texts.run(fill_in).await??;
    state.traffic.used(id);
    Ok(Rendered { content, version: prompt.version })
}
