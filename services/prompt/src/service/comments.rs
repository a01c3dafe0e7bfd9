//! Comments, threaded one level deep. Everyone who may read a prompt may comment on it.

use std::collections::HashMap;

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{MAX_PAGE_BYTES, known},
};
use idempotency::Creation;
use ids::{CommentId, PromptId, UserId};
use read_cache::{ReadError, View};
use sqlx::PgPool;

use super::{prompt_cache::PageKey, reading};
use crate::{
    domain::{Comment, CommentThread, ReceivedComment},
    error::ServiceError,
    repo::{comment_likes, comments, counters, prompts, received_comments},
    state::AppState,
};

/// Replies shown with a comment, at most: anyone may write them, and an answer is bounded. The rest are
/// on pages of their own.
const REPLIES_SHOWN: i64 = 20;

/// Creates a comment, or a reply if `parent` is given.
pub async fn create(
    state: &AppState,
    author: &Identity,
    prompt: PromptId,
    parent: Option<CommentId>,
    content: &str,
    creation: &Creation<'_, Comment>,
) -> Result<Comment, ServiceError> {
    reading::ensure_visible(state, Some(author), prompt).await?;
    let _guard = state.reaction_locks.lock(prompt).await;
    let mut tx = state.pool.begin().await?;
    creation.claim(&mut tx).await?;
    // Prompt, counters, comments: their deletions lock in the same order.
    prompts::lock_key_share(&mut tx, prompt).await?.ok_or(ServiceError::PromptNotFound)?;
    counters::lock(&mut tx, prompt).await?;
    if let Some(parent) = parent {
        match comments::is_reply(&mut tx, parent, prompt).await? {
            Some(false) => {}
            Some(true) => return Err(ServiceError::ReplyToReply),
            None => return Err(ServiceError::CommentNotFound),
        }
    }
    let comment =
        comments::insert(&mut tx, CommentId::new(), prompt, author, parent, content).await?;
    creation.record(&mut tx, &comment).await?;
    tx.commit().await?;
    state.prompt_cache.forget(prompt);
    Ok(comment)
}

/// Changes a comment of the caller's own; not even an admin changes another's words.
pub async fn update(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
    content: &str,
) -> Result<Comment, ServiceError> {
    find(state, Some(caller), id).await?;
    if !comments::update(&state.pool, id, caller.id, content).await? {
        return Err(refusal(state, caller, id).await);
    }
    let comment = find(state, Some(caller), id).await?;
    state.prompt_cache.forget_copy(comment.prompt_id);
    Ok(comment)
}

/// Deletes a comment with its replies.
pub async fn delete(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
) -> Result<(), ServiceError> {
    let comment = find(state, Some(caller), id).await?;
    let _guard = state.reaction_locks.lock(comment.prompt_id).await;
    let mut tx = state.pool.begin().await?;
    prompts::lock_key_share(&mut tx, comment.prompt_id)
        .await?
        .ok_or(ServiceError::CommentNotFound)?;
    counters::lock(&mut tx, comment.prompt_id).await?;
    if !comments::delete(&mut tx, id, caller).await? {
        tx.rollback().await?;
        return Err(refusal(state, caller, id).await);
    }
    tx.commit().await?;
    state.prompt_cache.forget(comment.prompt_id);
    Ok(())
}

/// Returns why a comment could not be changed: it is someone else's, or was deleted meanwhile.
async fn refusal(state: &AppState, caller: &Identity, id: CommentId) -> ServiceError {
    match find(state, Some(caller), id).await {
        Ok(_) => ServiceError::NotTheAuthor,
        Err(error) => error,
    }
}

/// Likes a comment. Returns false if the caller liked it already.
pub async fn like(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
) -> Result<bool, ServiceError> {
    let comment = find(state, Some(caller), id).await?;
    let mut tx = state.pool.begin().await?;
    if !comments::lock(&mut tx, id).await? {
        return Err(ServiceError::CommentNotFound);
    }
    let added = comment_likes::insert(&mut tx, id, caller.id).await?;
    tx.commit().await?;
    state.prompt_cache.forget_copy(comment.prompt_id);
    Ok(added)
}

/// Removes a like, if there is one.
pub async fn unlike(
    state: &AppState,
    caller: &Identity,
    id: CommentId,
) -> Result<(), ServiceError> {
    let comment = find(state, Some(caller), id).await?;
    let mut tx = state.pool.begin().await?;
    if !comments::lock(&mut tx, id).await? {
        return Err(ServiceError::CommentNotFound);
    }
    comment_likes::delete(&mut tx, id, caller.id).await?;
    tx.commit().await?;
    state.prompt_cache.forget_copy(comment.prompt_id);
    Ok(())
}

/// Lists the threads on a prompt, newest first.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    query: PageQuery,
) -> Result<View<Page<CommentThread>>, ServiceError> {
    let copy = reading::find_shared(state, caller, prompt).await?;
    let key = copy.and_then(|copy| PageKey::first(copy.number(), &query, String::new()));
    let Some(key) = key else {
        let caller = caller.map(|caller| caller.id);
        return Ok(View::own(read_page(&state.pool, prompt, &query, caller).await?));
    };
    let read = || {
        let pool = state.pool.clone();
        async move { read_page(&pool, prompt, &query, None).await }
    };
    let shared = state.prompt_cache.comments(key, read).await?;
    let Some(caller) = caller else { return Ok(View::Shared(shared)) };
    let ids: Vec<CommentId> = shared.value.content.iter().flat_map(CommentThread::ids).collect();
    let liked = comment_likes::liked_among(&state.pool, caller.id, &ids).await?;
    if liked.is_empty() {
        return Ok(View::Shared(shared));
    }
    let mut page = shared.value.clone();
    for comment in page.content.iter_mut().flat_map(CommentThread::comments_mut) {
        comment.user_has_liked = liked.contains(&comment.id);
    }
    Ok(View::own(page))
}

async fn read_page(
    pool: &PgPool,
    prompt: PromptId,
    query: &PageQuery,
    caller: Option<UserId>,
) -> Result<Page<CommentThread>, ReadError> {
    let rows = async |slice| -> Result<_, ReadError> {
        Ok(comments::list_top(pool, prompt, slice, caller).await?)
    };
    let page = query.page(comments::count_top(pool, prompt), rows, Comment::sort_key).await?;
    let answered = page.content.iter().filter(|comment| comment.replies_count > 0);
    let parents: Vec<CommentId> = answered.map(|comment| comment.id).collect();
    let mut by_parent: HashMap<CommentId, Vec<Comment>> = HashMap::new();
    if !parents.is_empty() {
        let (shown, bytes) = (REPLIES_SHOWN, MAX_PAGE_BYTES);
        for reply in comments::first_replies(pool, &parents, shown, bytes, caller).await? {
            if let Some(parent) = reply.parent_id {
                by_parent.entry(parent).or_default().push(reply);
            }
        }
    }
    Ok(page.map(|comment| CommentThread {
        replies: by_parent.remove(&comment.id).unwrap_or_default(),
        comment,
    }))
}

/// Lists the replies to a comment, oldest first.
pub async fn list_replies(
    state: &AppState,
    caller: Option<&Identity>,
    id: CommentId,
    query: &PageQuery,
) -> Result<Page<Comment>, ServiceError> {
    let parent = find(state, caller, id).await?;
    let caller = caller.map(|caller| caller.id);
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(comments::list_replies(&state.pool, id, slice, caller).await?)
    };
    query.page(known(parent.replies_count), rows, Comment::sort_key).await
}

/// Lists what others wrote to the caller, newest first.
pub async fn list_received(
    state: &AppState,
    caller: &Identity,
    query: &PageQuery,
) -> Result<Page<ReceivedComment>, ServiceError> {
    let received = received_comments::list(&state.pool, caller, query.slice()?).await?;
    Ok(Page::new(query, received, None, |received| received.comment.sort_key()))
}

/// Finds a comment on a prompt that `caller` may read.
async fn find(
    state: &AppState,
    caller: Option<&Identity>,
    id: CommentId,
) -> Result<Comment, ServiceError> {
    let comment = comments::find(&state.pool, id, caller.map(|caller| caller.id))
        .await?
        .ok_or(ServiceError::CommentNotFound)?;
    match reading::ensure_visible(state, caller, comment.prompt_id).await {
        // The answer must not reveal that the comment exists.
        Err(ServiceError::PromptNotFound) => Err(ServiceError::CommentNotFound),
        visible => visible.map(|()| comment),
    }
}
