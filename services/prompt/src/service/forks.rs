//! Forks: new prompts that begin as copies.

use auth::Identity;
use idempotency::Creation;
use ids::PromptId;

use super::{prompts, reading};
use crate::{
    domain::{ForkOrigin, NewPrompt, Prompt, Status, VersionRef, Visibility},
    error::ServiceError,
    state::AppState,
};

/// The parameters of a fork.
pub struct ForkOptions {
    pub version: VersionRef,
    /// The title; the origin's unless given.
    pub title: Option<String>,
    pub visibility: Option<Visibility>,
}

/// Copies a version of a prompt whose content the caller may read into a new prompt of theirs.
///
/// Only its author forks a premium prompt, and nobody forks a hidden one that they read by a licence: they
/// have paid to use it, and could publish the copy.
pub async fn fork(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    options: ForkOptions,
    creation: &Creation<'_, Prompt>,
) -> Result<Prompt, ServiceError> {
    let origin = reading::find(state, Some(caller), id, options.version).await?;
    let mut text = origin.text().ok_or(ServiceError::ContentWithheld)?;
    let needs_license = origin.is_premium || (origin.is_hidden() && !caller.is_admin());
    if needs_license && !origin.is_by(Some(caller)) {
        return Err(ServiceError::PremiumFork);
    }
    // Without the title, which its author may change or hide.
    let change_log = format!("Forked from version {}", origin.version);
    text.title = options.title.unwrap_or(text.title);
    let new = NewPrompt {
        text,
        // Nothing becomes more public by being copied, unless that is asked for.
        visibility: match options.visibility {
            Some(visibility) => visibility,
            None if origin.is_premium => Visibility::Private,
            None => origin.visibility,
        },
        status: match origin.status {
            Status::Draft => Status::Draft,
            Status::Published | Status::Archived => Status::Published,
        },
        change_log: Some(change_log),
        forked_from: Some(ForkOrigin { prompt_id: origin.id, version: origin.version }),
    };
    prompts::create(state, caller, new, creation).await
}
