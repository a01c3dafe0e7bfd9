//! Forgetting a user whose account was deleted.
//!
//! Prompts that only they could read are deleted, with everything that refers to them. What others may read
//! stays, without the name: prompts, versions, comments and reviews; likes and ratings stay counted.
//!
//! Each step is small and complete in itself: the caller may stop waiting and call again, and the next call
//! continues where this one was.

use std::time::Duration;

use ids::{PromptId, UserId};
use read_cache::Copies;

use super::prompts::remove_documents;
use crate::{
    domain::DELETED_USERNAME,
    error::ServiceError,
    repo::{anonymized_batch::AnonymizedBatch, comments, prompts, ratings},
    state::AppState,
};

/// Rows or documents changed at once.
const BATCH: i64 = 500;

/// The pause before rows are tried again that other transactions had locked.
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes or anonymizes everything that a user has written.
pub async fn forget_user(state: &AppState, user: UserId) -> Result<(), ServiceError> {
    idempotency::forget_user(&state.pool, user).await?;
    loop {
        let hidden = prompts::hidden_prompts(&state.pool, user, BATCH).await?;
        if hidden.is_empty() {
            break;
        }
        for prompt in hidden {
            delete_if_hidden(state, prompt).await?;
        }
    }
    loop {
        let batch = anonymize_batch(state, user).await?;
        match (batch.found, batch.renamed) {
            (false, _) => break,
            (true, 0) => tokio::time::sleep(PAUSE).await,
            (true, _) => {}
        }
    }
    while state.versions.rename_author_of_some(user, DELETED_USERNAME, BATCH).await? {}
    state.user_directory.forget(user);
    // After the directory: a copy's answer may hold the name that it had.
    state.prompt_cache.drop_all();
    Ok(())
}

/// Deletes a prompt unless others can read it by now.
async fn delete_if_hidden(state: &AppState, prompt: PromptId) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    if let Some(forked_from) = prompts::lock_hidden(&mut tx, prompt).await? {
        prompts::delete(&mut tx, prompt, forked_from).await?;
        tx.commit().await?;
        state.prompt_cache.forget(prompt);
        remove_documents(state, prompt).await;
    }
    Ok(())
}

/// Anonymizes some of what the user has written: prompts, then comments, then ratings.
async fn anonymize_batch(state: &AppState, user: UserId) -> sqlx::Result<AnonymizedBatch> {
    let batch = prompts::anonymize_some(&state.pool, user, BATCH).await?;
    if batch.found {
        return Ok(batch);
    }
    let batch = comments::anonymize_some(&state.pool, user, BATCH).await?;
    if batch.found {
        return Ok(batch);
    }
    ratings::anonymize_some(&state.pool, user, BATCH).await
}
