//! Forks: another's prompt as the beginning of one's own.

use auth::Identity;
use idempotency::Creation;
use ids::PromptId;

use super::{prompts, reading};
use crate::{
    domain::{NewPrompt, Origin, Prompt, Status, VersionRef, Visibility},
    error::ServiceError,
    state::AppState,
};

/// What a fork has of its own.
pub struct Fork {
    pub version: VersionRef,
    /// The origin's, unless given.
    pub title: Option<String>,
    pub visibility: Option<Visibility>,
}

/// Copies a version of a prompt whose content the caller may read into a new prompt of theirs.
///
/// A premium prompt is forked by its author only, and a hidden one by nobody who reads it by a licence:
/// they have paid to use it, and a copy would be theirs to publish.
pub async fn fork(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    fork: Fork,
    creation: &Creation<'_, Prompt>,
) -> Result<Prompt, ServiceError> {
    let origin = reading::find(state, Some(caller), id, fork.version).await?;
    let mut text = origin.text().ok_or(ServiceError::ContentWithheld)?;
    let by_licence = origin.is_premium || (origin.is_hidden() && !caller.is_admin());
    if by_licence && !origin.is_by(Some(caller)) {
        return Err(ServiceError::PremiumFork);
    }
    // Without the title, which its author may change or take away.
    let change_log = format!("Forked from version {}", origin.version);
    text.title = fork.title.unwrap_or(text.title);
    let new = NewPrompt {
        text,
        // Nothing becomes more public by being copied, unless that is asked for.
        visibility: match fork.visibility {
            Some(visibility) => visibility,
            None if origin.is_premium => Visibility::Private,
            None => origin.visibility,
        },
        status: match origin.status {
            Status::Draft => Status::Draft,
            Status::Published | Status::Archived => Status::Published,
        },
        change_log: Some(change_log),
        forked_from: Some(Origin { prompt_id: origin.id, version: origin.version }),
    };
    prompts::create(state, caller, new, creation).await
}
