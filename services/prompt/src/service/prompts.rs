//! Creating, changing and deleting prompts. The version's document goes to MongoDB first; the Postgres
//! commit makes it visible. A document without a commit is an orphan: nothing serves it, the next edit
//! overwrites it, and the sweep removes it.

use std::time::Duration;

use auth::Identity;
use events::{Envelope, PromptCreated, outbox};
use idempotency::Creation;
use ids::PromptId;
use sqlx::PgConnection;
use timestamp::Timestamp;

use crate::{
    domain::{Editors, NewPrompt, Prompt, PromptChanges, Status, Version, Visibility},
    error::{ServiceError, TooLate},
    repo::{
        counters,
        prompts::{self, RowLock},
    },
    state::AppState,
};

/// The age of a document up to which its prompt is created: the sweep might remove an older one
/// meanwhile. Checked within the transaction, since Postgres ends one whose process has stopped.
const COMMIT_DEADLINE: Duration = Duration::from_secs(300);

/// Creates a prompt with version 1, and counts it as a fork of its origin. The event goes through the
/// outbox.
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
    state.versions.write(&first).await?;

    let mut tx = state.pool.begin().await?;
    creation.claim(&mut tx).await?;
    if (Timestamp::now().0 - created_at.0).num_seconds() > COMMIT_DEADLINE.as_secs() as i64 {
        return Err(TooLate.into());
    }
    if let Some(origin) = new.forked_from {
        let author = prompts::lock_key_share(&mut tx, origin.prompt_id).await?;
        author.ok_or(ServiceError::PromptNotFound)?;
    }
    let row_version = prompts::insert(&mut tx, id, author, &new, created_at).await?;
    let prompt = new.created(id, author, created_at, row_version);
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
    // Last, since likes of the origin wait for its counters.
    if let Some(origin) = new.forked_from {
        counters::add_forks(&mut tx, origin.prompt_id, 1).await?;
    }
    creation.record(&mut tx, &prompt).await?;
    tx.commit().await?;
    state.outbox.notify_one();
    // The lists that it is on from now on.
    state.prompt_cache.forget(id);
    if let Some(origin) = new.forked_from {
        state.prompt_cache.forget(origin.prompt_id);
    }
    Ok(prompt)
}

/// A prompt after an update.
pub struct UpdatedPrompt {
    pub prompt: Prompt,
    /// Whether the update made a new version.
    pub new_version: bool,
}

/// Changes a prompt of the caller's own, or any for an admin if `editors` has admins. A changed text is a
/// new version.
///
/// `expected` is the revisions that the client has read, if it sent any. The row is locked before the new
/// document is written, so that two editors cannot both own the next number.
pub async fn update(
    state: &AppState,
    caller: &Identity,
    editors: Editors,
    id: PromptId,
    changes: PromptChanges,
    expected: Option<&[i64]>,
) -> Result<UpdatedPrompt, ServiceError> {
    let _guard = state.edit_locks.lock(id).await;
    let mut tx = state.pool.begin().await?;
    let prompt = lock(&mut tx, id, caller, editors, RowLock::NoKeyUpdate, expected).await?;
    let old = prompt.text().ok_or(ServiceError::ContentWithheld)?;
    let visibility = changes.visibility_after(prompt.visibility);
    let status = changes.status.unwrap_or(prompt.status);
    let change_log = changes.change_log.clone();
    let text = changes.apply_to(&old);
    let new_version = text != old;
    if !new_version && visibility == prompt.visibility && status == prompt.status {
        return Ok(UpdatedPrompt { prompt, new_version });
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
        state.versions.write(&next).await?;
    }
    prompts::update(&mut tx, id, &text, visibility, status, version).await?;
    let prompt =
        prompts::find(&mut *tx, id, Some(caller)).await?.ok_or(ServiceError::PromptNotFound)?;
    tx.commit().await?;
    state.prompt_cache.forget(id);
    Ok(UpdatedPrompt { prompt, new_version })
}

/// Deletes a prompt of the caller's own, or any for an admin, with everything that refers to it. It is
/// no longer counted as a fork; forks of it keep naming their origin.
pub async fn delete(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    expected: Option<&[i64]>,
) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    let prompt =
        lock(&mut tx, id, caller, Editors::AuthorAndAdmins, RowLock::Update, expected).await?;
    prompts::delete(&mut tx, id, prompt.forked_from_prompt_id).await?;
    tx.commit().await?;
    state.prompt_cache.forget(id);
    if let Some(origin) = prompt.forked_from_prompt_id {
        state.prompt_cache.forget(origin);
    }
    remove_documents(state, id).await;
    Ok(())
}

/// Removes the documents of a prompt that is gone. If this fails they are orphans, and the sweep removes
/// them.
pub(super) async fn remove_documents(state: &AppState, id: PromptId) {
    if let Err(error) = state.versions.delete_all(id).await {
        tracing::warn!(prompt = %id, "versions of a deleted prompt are left to the sweep: {error}");
    }
}

/// Finds a prompt that the caller may change and has read in its current revision, and locks it until the
/// transaction ends.
async fn lock(
    connection: &mut PgConnection,
    id: PromptId,
    caller: &Identity,
    editors: Editors,
    row_lock: RowLock,
    expected: Option<&[i64]>,
) -> Result<Prompt, ServiceError> {
    match prompts::lock(connection, id, caller, editors, row_lock).await? {
        Some(prompt) if expected.is_some_and(|revisions| !revisions.contains(&prompt.revision)) => {
            Err(ServiceError::Changed)
        }
        Some(prompt) => Ok(prompt),
        None => Err(refusal(connection, id, caller).await?),
    }
}

/// Returns why the caller may not change a prompt. Only those who may see it learn that it exists.
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
