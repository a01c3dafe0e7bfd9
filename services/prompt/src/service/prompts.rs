//! Writing prompts. The version's document goes to MongoDB first; the Postgres commit makes it
//! visible. A document whose commit never came is an orphan that nothing serves.

use auth::Identity;
use events::{Envelope, PromptCreated, outbox};
use ids::PromptId;
use pg::Timestamp;

use crate::{
    domain::{Changes, NewPrompt, Prompt, Version, Visibility},
    error::ServiceError,
    repo::prompts,
    state::AppState,
};

/// Creates a prompt with version 1. The event leaves through the outbox.
pub async fn create(
    state: &AppState,
    author: &Identity,
    new: NewPrompt,
) -> Result<Prompt, ServiceError> {
    let id = PromptId::new();
    let created_at = Timestamp::now();
    let first = Version {
        prompt_id: id,
        version: 1,
        text: new.text.clone(),
        user_id: author.id,
        username: author.username.clone(),
        change_log: new.change_log.clone(),
        created_at,
    };
    state.versions.put(&first).await?;

    let mut tx = state.pool.begin().await?;
    prompts::insert(&mut tx, id, author, &new, created_at).await?;
    let event = Envelope::new(PromptCreated {
        prompt_id: id,
        title: new.text.title,
        user_id: author.id,
        username: author.username.clone(),
        category: new.text.category,
        is_public: new.visibility == Visibility::Public,
        created_at,
    });
    outbox::write(&mut tx, &event).await?;
    let prompt =
        prompts::find(&mut *tx, id, Some(author)).await?.ok_or(ServiceError::PromptNotFound)?;
    tx.commit().await?;
    state.outbox.notify_one();
    Ok(prompt)
}

/// Changes a prompt of the caller's own, or any for an admin. A changed text is a new version.
///
/// `expected` is the revision that the caller read, if it said one. The row is locked before the
/// new document is written, so that two editors cannot both own the next number.
pub async fn update(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    changes: Changes,
    expected: Option<&[i64]>,
) -> Result<Prompt, ServiceError> {
    let mut tx = state.pool.begin().await?;
    let prompt = prompts::lock(&mut tx, id, caller).await?.ok_or(ServiceError::PromptNotFound)?;
    if !prompt.is_by(Some(caller)) && !caller.is_admin() {
        return Err(ServiceError::NotTheAuthor);
    }
    if expected.is_some_and(|revisions| !revisions.contains(&prompt.revision)) {
        return Err(ServiceError::Changed);
    }
    let old = prompt.text();
    let visibility = changes.visibility_after(prompt.visibility);
    let change_log = changes.change_log.clone();
    let text = changes.apply_to(&old);
    if text == old && visibility == prompt.visibility {
        return Ok(prompt);
    }
    let version = if text == old { prompt.version } else { prompt.version + 1 };
    if version != prompt.version {
        let next = Version {
            prompt_id: id,
            version,
            text: text.clone(),
            user_id: caller.id,
            username: caller.username.clone(),
            change_log,
            created_at: Timestamp::now(),
        };
        state.versions.put(&next).await?;
    }
    prompts::update(&mut tx, id, &text, visibility, version).await?;
    let prompt =
        prompts::find(&mut *tx, id, Some(caller)).await?.ok_or(ServiceError::PromptNotFound)?;
    tx.commit().await?;
    Ok(prompt)
}

/// Deletes a prompt of the caller's own, or any for an admin, with all that hangs on it.
pub async fn delete(state: &AppState, caller: &Identity, id: PromptId) -> Result<(), ServiceError> {
    if !prompts::delete(&state.pool, id, caller).await? {
        // Told apart only for who may see it anyway.
        return match prompts::find(&state.pool, id, Some(caller)).await? {
            Some(_) => Err(ServiceError::NotTheAuthor),
            None => Err(ServiceError::PromptNotFound),
        };
    }
    // The prompt is gone, whatever comes of this: without its row the documents are orphans.
    if let Err(error) = state.versions.delete_all(id).await {
        tracing::warn!(prompt = %id, "versions of a deleted prompt are left behind: {error}");
    }
    Ok(())
}
