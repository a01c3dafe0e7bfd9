//! Writing prompts. The version's document goes to MongoDB first; the Postgres commit makes it
//! visible. A document whose commit never came is an orphan: nothing serves it, the next edit
//! overwrites it, and the sweep removes it.

use std::time::Duration;

use auth::Identity;
use events::{Envelope, PromptCreated, outbox};
use idempotency::Creation;
use ids::PromptId;
use pg::Timestamp;
use sqlx::PgConnection;

use crate::{
    domain::{Changes, NewPrompt, Prompt, Status, Version, Visibility},
    error::ServiceError,
    repo::{
        counters,
        prompts::{self, Editors, Hold},
    },
    state::AppState,
};

/// A prompt is only created while its document is younger than this: an older one might be swept
/// meanwhile. Asked within the transaction: Postgres ends one whose process has stopped.
const WRITE_WITHIN: Duration = Duration::from_secs(300);

/// Creates a prompt with version 1, counted as a fork of what it was forked from. The event leaves
/// through the outbox.
pub async fn create(
    state: &AppState,
    author: &Identity,
    new: NewPrompt,
    creation: &Creation<'_, Prompt>,
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
    creation.claim(&mut tx).await?;
    if (Timestamp::now().0 - created_at.0).num_seconds() > WRITE_WITHIN.as_secs() as i64 {
        return Err(ServiceError::TooLate);
    }
    if let Some(origin) = new.forked_from
        && !prompts::keep(&mut tx, origin.prompt_id).await?
    {
        return Err(ServiceError::PromptNotFound);
    }
    prompts::insert(&mut tx, id, author, &new, created_at).await?;
    let event = Envelope::new(PromptCreated {
        prompt_id: id,
        title: new.text.title,
        user_id: author.id,
        username: author.username.clone(),
        category: new.text.category,
        is_public: new.visibility == Visibility::Public && new.status == Status::Published,
        created_at,
    });
    outbox::write(&mut tx, &event).await?;
    let prompt =
        prompts::find(&mut *tx, id, Some(author)).await?.ok_or(ServiceError::PromptNotFound)?;
    // Last: whoever likes the origin, too, waits for its counters.
    if let Some(origin) = new.forked_from {
        counters::add_forks(&mut tx, origin.prompt_id, 1).await?;
    }
    creation.record(&mut tx, &prompt).await?;
    tx.commit().await?;
    state.outbox.notify_one();
    Ok(prompt)
}

/// What came of an edit.
pub struct Edited {
    pub prompt: Prompt,
    /// Whether there is a version more than before.
    pub new_version: bool,
}

/// Changes a prompt of the caller's own, or any for an admin where `editors` says so. A changed text
/// is a new version.
///
/// `expected` is the revisions that the caller has read, if it said any. The row is locked before
/// the new document is written, so that two editors cannot both own the next number.
pub async fn edit(
    state: &AppState,
    caller: &Identity,
    editors: Editors,
    id: PromptId,
    changes: Changes,
    expected: Option<&[i64]>,
) -> Result<Edited, ServiceError> {
    let _turn = state.turns.of(id).await;
    let mut tx = state.pool.begin().await?;
    let prompt = lock(&mut tx, id, caller, editors, Hold::Edit, expected).await?;
    let old = prompt.text().ok_or(ServiceError::ContentWithheld)?;
    let visibility = changes.visibility_after(prompt.visibility);
    let status = changes.status.unwrap_or(prompt.status);
    let change_log = changes.change_log.clone();
    let text = changes.apply_to(&old);
    let new_version = text != old;
    if !new_version && visibility == prompt.visibility && status == prompt.status {
        return Ok(Edited { prompt, new_version });
    }
    let version = prompt.version + i32::from(new_version);
    if new_version {
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
    prompts::update(&mut tx, id, &text, visibility, status, version).await?;
    let prompt =
        prompts::find(&mut *tx, id, Some(caller)).await?.ok_or(ServiceError::PromptNotFound)?;
    tx.commit().await?;
    Ok(Edited { prompt, new_version })
}

/// Deletes a prompt of the caller's own, or any for an admin, with all that hangs on it. It is no
/// longer counted as a fork; forks of it keep saying what they came from.
pub async fn delete(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    expected: Option<&[i64]>,
) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    let prompt =
        lock(&mut tx, id, caller, Editors::AuthorAndAdmins, Hold::Deletion, expected).await?;
    prompts::delete(&mut tx, id, prompt.forked_from_prompt_id).await?;
    tx.commit().await?;
    remove_documents(state, id).await;
    Ok(())
}

/// Removes the documents of a prompt that is gone, whatever comes of this: without its row they are
/// orphans, and the sweep removes what is left.
pub(super) async fn remove_documents(state: &AppState, id: PromptId) {
    if let Err(error) = state.versions.delete_all(id).await {
        tracing::warn!(prompt = %id, "versions of a deleted prompt are left to the sweep: {error}");
    }
}

/// A prompt that the caller may change and has read as it is, held until the transaction ends.
async fn lock(
    connection: &mut PgConnection,
    id: PromptId,
    caller: &Identity,
    editors: Editors,
    hold: Hold,
    expected: Option<&[i64]>,
) -> Result<Prompt, ServiceError> {
    match prompts::lock(connection, id, caller, editors, hold).await? {
        Some(prompt) if expected.is_some_and(|read| !read.contains(&prompt.revision)) => {
            Err(ServiceError::Changed)
        }
        Some(prompt) => Ok(prompt),
        None => Err(refusal(connection, id, caller).await?),
    }
}

/// Why a prompt is not the caller's to change: told apart only for who may see it anyway.
pub(super) async fn refusal(
    connection: &mut PgConnection,
    id: PromptId,
    caller: &Identity,
) -> Result<ServiceError, ServiceError> {
    match prompts::is_visible(connection, id, Some(caller)).await? {
        true => Ok(ServiceError::NotTheAuthor),
        false => Ok(ServiceError::PromptNotFound),
    }
}
