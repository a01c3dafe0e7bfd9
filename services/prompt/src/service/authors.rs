//! Forgets authors whose accounts were deleted.
//!
//! Prompts that only the author could read are deleted, with all that belongs to them. What others may
//! read stays, without the author's name: prompts, versions, comments and reviews; likes and ratings
//! stay counted.
//!
//! Each batch is whole in itself: the caller may stop waiting and call again, and the next call goes on
//! where this one stopped.

use std::time::Duration;

use ids::{PromptId, UserId};

use super::prompts::remove_documents;
use crate::{
    error::ServiceError,
    repo::{
        authors::{self, DELETED_USER},
        prompts,
    },
    state::AppState,
};

/// The number of rows or documents that one statement changes.
const BATCH: i64 = 500;

/// The pause before another attempt at rows that were locked.
const LOCKED_PAUSE: Duration = Duration::from_millis(50);

/// Deletes or renames everything by an author.
pub async fn forget_author(state: &AppState, author: UserId) -> Result<(), ServiceError> {
    idempotency::forget_user(&state.pool, author).await?;
    loop {
        let hidden = authors::hidden_prompts(&state.pool, author, BATCH).await?;
        if hidden.is_empty() {
            break;
        }
        for prompt in hidden {
            delete_if_hidden(state, prompt).await?;
        }
    }
    loop {
        let batch = authors::rename_some(&state.pool, author, BATCH).await?;
        match (batch.found, batch.renamed) {
            (false, _) => break,
            (true, 0) => tokio::time::sleep(LOCKED_PAUSE).await,
            (true, _) => {}
        }
    }
    while state.versions.rename_some(author, DELETED_USER, BATCH).await? {}
    state.user_directory.forget(author);
    Ok(())
}

async fn delete_if_hidden(state: &AppState, prompt: PromptId) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    if let Some(forked_from) = authors::lock_hidden(&mut tx, prompt).await? {
        prompts::delete(&mut tx, prompt, forked_from).await?;
        tx.commit().await?;
        remove_documents(state, prompt).await;
    }
    Ok(())
}
