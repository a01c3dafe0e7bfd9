//! Comments, threaded one level deep.

use std::collections::HashMap;

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery};
use ids::{CommentId, PromptId};
use pg::Timestamp;

use super::{ratings::gone_meanwhile, reading};
use crate::{
    domain::Comment,
    error::ServiceError,
    repo::{comments, counters, prompts},
    state::AppState,
};

/// How many replies are shown with a comment: anyone may write them, and an answer has its bounds.
const REPLIES: i64 = 100;

/// A comment with the first that was replied to it, oldest first.
pub struct Thread {
    pub comment: Comment,
    pub replies: Vec<Comment>,
}

pub async fn create(
    state: &AppState,
    author: &Identity,
    prompt: PromptId,
    parent: Option<CommentId>,
    content: &str,
) -> Result<Comment, ServiceError> {
    reading::ensure_visible(state, Some(author), prompt).await?;
    let mut tx = state.pool.begin().await?;
    // Prompt, counters, comments: whoever deletes one of them locks in the same order.
    if !prompts::keep(&mut tx, prompt).await? {
        return Err(ServiceError::PromptNotFound);
    }
    counters::lock(&mut tx, prompt).await?;
    if let Some(parent) = parent {
        match comments::is_reply(&mut tx, parent, prompt).await? {
            Some(false) => {}
            Some(true) => return Err(ServiceError::ReplyToReply),
            None => return Err(ServiceError::CommentNotFound),
        }
    }
    let comment = comments::insert(&mut tx, CommentId::new(), prompt, author, parent, content)
        .await
        .map_err(gone_meanwhile)?;
    tx.commit().await?;
    Ok(comment)
}

pub async fn update(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
    content: &str,
) -> Result<Comment, ServiceError> {
    find(state, caller, id).await?;
    if !comments::update(&state.pool, id, caller.id, content).await? {
        return Err(ServiceError::NotTheAuthor);
    }
    find(state, caller, id).await
}

/// Deletes a comment with its replies.
pub async fn delete(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
) -> Result<(), ServiceError> {
    let comment = find(state, caller, id).await?;
    let mut tx = state.pool.begin().await?;
    counters::lock(&mut tx, comment.prompt_id).await?;
    if !comments::delete(&mut tx, id, comment.prompt_id, caller).await? {
        tx.rollback().await?;
        // Someone else's, or gone since it was found.
        find(state, caller, id).await?;
        return Err(ServiceError::NotTheAuthor);
    }
    tx.commit().await?;
    Ok(())
}

/// Likes a comment; false if the caller liked it already.
pub async fn like(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
) -> Result<bool, ServiceError> {
    find(state, caller, id).await?;
    comments::like(&state.pool, id, caller.id).await.map_err(gone_meanwhile)
}

/// A page of threads, newest first.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    query: &PageQuery,
) -> ApiResult<Page<Thread>> {
    reading::ensure_visible(state, caller, prompt).await?;
    let after = query.cursor::<(Timestamp, CommentId)>()?;
    let caller = caller.map(|caller| caller.id);
    let total = comments::count_top(&state.pool, prompt).await.map_err(pg::api_error)?;
    let limit = query.limit() + 1;
    let top = comments::list_top(&state.pool, prompt, after, query.offset(), limit, caller)
        .await
        .map_err(pg::api_error)?;
    let page = Page::new(query, top, Some(total), |comment| (comment.created_at, comment.id));

    let parents: Vec<CommentId> = page.content.iter().map(|comment| comment.id).collect();
    let replies =
        comments::replies(&state.pool, &parents, REPLIES, caller).await.map_err(pg::api_error)?;
    let mut by_parent: HashMap<CommentId, Vec<Comment>> = HashMap::new();
    for reply in replies {
        if let Some(parent) = reply.parent_id {
            by_parent.entry(parent).or_default().push(reply);
        }
    }
    Ok(page.map(|comment| Thread {
        replies: by_parent.remove(&comment.id).unwrap_or_default(),
        comment,
    }))
}

async fn find(state: &AppState, caller: &Identity, id: CommentId) -> Result<Comment, ServiceError> {
    comments::find(&state.pool, id, caller).await?.ok_or(ServiceError::CommentNotFound)
}
