//! What is left of a person whose account was deleted.
//!
//! Prompts that only they could read go, with all that hangs on them. What others may read stays,
//! without their name: prompts, versions, comments and reviews; likes and ratings stay counted.
//!
//! In small steps, each whole in itself: whoever asked may stop waiting and ask again, and the next
//! call goes on where this one was.

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

/// Rows and documents changed in one go.
const BATCH: i64 = 500;

/// Before asking again for rows that others had locked.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes or renames everything by this person.
pub async fn forget(state: &AppState, author: UserId) -> Result<(), ServiceError> {
    idempotency::forget_user(&state.pool, author).await?;
    loop {
        let hidden = authors::hidden_prompts(&state.pool, author, BATCH).await?;
        if hidden.is_empty() {
            break;
        }
        for prompt in hidden {
            delete_hidden(state, prompt).await?;
        }
    }
    loop {
        let batch = authors::rename_some(&state.pool, author, BATCH).await?;
        match (batch.found, batch.renamed) {
            (false, _) => break,
            (true, 0) => tokio::time::sleep(PAUSE).await,
            (true, _) => {}
        }
    }
    while state.versions.rename_some(author, DELETED_USER, BATCH).await? {}
    state.user_directory.forget(author);
    Ok(())
}

async fn delete_hidden(state: &AppState, prompt: PromptId) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    if let Some(forked_from) = authors::lock_hidden(&mut tx, prompt).await? {
        prompts::delete(&mut tx, prompt, forked_from).await?;
        tx.commit().await?;
        remove_documents(state, prompt).await;
    }
    Ok(())
}
