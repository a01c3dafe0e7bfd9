//! `/api/social/comments`: threaded one level deep.

mod bounded;

use std::collections::HashMap;

use auth::{MaybeUser, User as Caller};
use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Path, Query,
    openapi::{Conflict, Forbidden, NotFound, Unauthorized, Unprocessable},
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed};
use ids::{CommentId, PromptId, UserId};
use pg::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{self, UserNames},
    service::comments,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    // `{id}` is the prompt's for GET and the comment's otherwise: one path, as clients know it.
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(list, update, delete))
        .routes(routes!(replies))
        .routes(routes!(like, unlike))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "promptId": "01934f1e-8f3a-7c55-9d2b-6f0f4f1a2b3c",
    "content": "Works well for TypeScript, too.",
}))]
struct CreateComment {
    #[garde(skip)]
    prompt_id: PromptId,
    #[garde(custom(domain::lines(1, 5000)))]
    #[schema(min_length = 1, max_length = 5000, pattern = "several-lines")]
    content: String,
    /// The comment that this answers; itself no reply.
    #[garde(skip)]
    parent_id: Option<CommentId>,
}

#[derive(Deserialize, Validate, ToSchema)]
struct UpdateComment {
    #[garde(custom(domain::lines(1, 5000)))]
    #[schema(
        min_length = 1,
        max_length = 5000,
        pattern = "several-lines",
        example = "Works well for JavaScript, too."
    )]
    content: String,
}

/// Who wrote a comment; names are null when they gave none, or cannot be had right now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CommentAuthor {
    id: UserId,
    username: String,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// A comment on a prompt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Comment {
    id: CommentId,
    prompt_id: PromptId,
    parent_id: Option<CommentId>,
    /// `null` where the page would be larger than 1 MiB with it: ask for a smaller one.
    content: Option<String>,
    /// Who wrote it.
    user_id: UserId,
    username: String,
    user: CommentAuthor,
    likes_count: i64,
    /// Whether the caller has liked it.
    user_has_liked: bool,
    /// How many replies it has; more than `replies` shows where there are many, or long ones.
    replies_count: i64,
    /// The first 20, oldest first, or fewer where the page would be larger than 1 MiB; a reply has none.
    #[schema(no_recursion)]
    replies: Vec<Comment>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CommentLiked {
    has_liked: bool,
}

impl Comment {
    fn new(comment: domain::Comment, names: &HashMap<UserId, UserNames>) -> Self {
        let name = names.get(&comment.user_id);
        Self {
            id: comment.id,
            prompt_id: comment.prompt_id,
            parent_id: comment.parent_id,
            content: Some(comment.content),
            user_id: comment.user_id,
            username: comment.username.clone(),
            user: CommentAuthor {
                id: comment.user_id,
                username: comment.username,
                first_name: name.and_then(|name| name.first_name.clone()),
                last_name: name.and_then(|name| name.last_name.clone()),
            },
            replies_count: comment.replies_count,
            likes_count: comment.likes_count,
            user_has_liked: comment.user_has_liked,
            replies: Vec::new(),
            created_at: comment.created_at,
            updated_at: comment.updated_at,
        }
    }

    async fn named(state: &AppState, comment: domain::Comment) -> Self {
        let names = state.user_directory.names_of([comment.user_id]).await;
        Self::new(comment, &names)
    }
}

/// Comment on a prompt
///
/// For any signed-in user who may read it, its author too. With `parentId` it answers a comment.
#[utoipa::path(
    post, path = "/api/social/comments", tag = "social",
    params(IdempotencyKeyHeader),
    request_body = CreateComment,
    responses(
        (status = 201, description = "Commented.", body = Comment),
        Unauthorized, NotFound, Conflict, Unprocessable,
    ),
    security(("bearer" = [])),
)]
async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Keyed(key, Json(body)): Keyed<Json<CreateComment>>,
) -> ApiResult<Answer> {
    let content = body.content.trim();
    // Asked for before the transaction that records the answer.
    let names = state.user_directory.names_of([caller.id]).await;
    let answer = |comment: &domain::Comment| {
        let path = format!("/api/social/comments/{}", comment.prompt_id);
        Answer::created(path, &Comment::new(comment.clone(), &names))
    };
    let creation = Creation::new(caller.id, key, &answer);
    let (prompt, parent) = (body.prompt_id, body.parent_id);
    let create = comments::create(&state, &caller, prompt, parent, content, &creation);
    Ok(creation.run(&state.pool, create).await?)
}

/// Comments on a prompt
///
/// Newest first, each with its first replies. For whoever may read the prompt.
#[utoipa::path(
    get, path = "/api/social/comments/{id}", tag = "social",
    params(("id" = PromptId, Path, description = "The prompt's id."), PageQuery),
    responses((status = 200, description = "A page of comments.", body = Page<Comment>), NotFound),
    security((), ("bearer" = [])),
)]
async fn list(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(prompt): Path<PromptId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Comment>>> {
    let page = comments::list(&state, caller.as_ref(), prompt, &page).await?;
    let mut authors = Vec::new();
    for thread in &page.content {
        authors.push(thread.comment.user_id);
        authors.extend(thread.replies.iter().map(|reply| reply.user_id));
    }
    let names = state.user_directory.names_of(authors).await;
    let mut replies = Vec::with_capacity(page.content.len());
    let page = page.map(|thread| {
        replies.push(thread.replies.into_iter().map(|reply| Comment::new(reply, &names)));
        Comment::new(thread.comment, &names)
    });
    Ok(Json(bounded::threads(page, replies)?))
}

/// Replies to a comment
///
/// Oldest first. For whoever may read the prompt.
#[utoipa::path(
    get, path = "/api/social/comments/{id}/replies", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id."), PageQuery),
    responses((status = 200, description = "A page of replies.", body = Page<Comment>), NotFound),
    security((), ("bearer" = [])),
)]
async fn replies(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<CommentId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Comment>>> {
    let page = comments::replies(&state, caller.as_ref(), id, &page).await?;
    let names = state.user_directory.names_of(page.content.iter().map(|reply| reply.user_id)).await;
    Ok(Json(bounded::comments(page.map(|reply| Comment::new(reply, &names)))?))
}

/// Edit a comment
///
/// For who wrote it, and nobody else.
#[utoipa::path(
    put, path = "/api/social/comments/{id}", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    request_body = UpdateComment,
    responses(
        (status = 200, description = "The comment as it is now, without its replies.", body = Comment),
        Unauthorized, Forbidden, NotFound,
    ),
    security(("bearer" = [])),
)]
async fn update(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<CommentId>,
    Json(body): Json<UpdateComment>,
) -> ApiResult<Json<Comment>> {
    let comment = comments::update(&state, &caller, id, body.content.trim()).await?;
    Ok(Json(Comment::named(&state, comment).await))
}

/// Delete a comment
///
/// For who wrote it, the author of the prompt, and admins. Its replies go with it.
#[utoipa::path(
    delete, path = "/api/social/comments/{id}", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    responses((status = 204, description = "Deleted."), Unauthorized, Forbidden, NotFound),
    security(("bearer" = [])),
)]
async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<CommentId>,
) -> ApiResult<StatusCode> {
    comments::delete(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Like a comment
///
/// For any signed-in user who may read the prompt. 201 the first time, 200 after that.
#[utoipa::path(
    post, path = "/api/social/comments/{id}/like", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    responses(
        (status = 201, description = "Liked.", body = CommentLiked),
        (status = 200, description = "Liked already.", body = CommentLiked),
        Unauthorized, NotFound,
    ),
    security(("bearer" = [])),
)]
async fn like(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<CommentId>,
) -> ApiResult<(StatusCode, Json<CommentLiked>)> {
    let added = comments::like(&state, &caller, id).await?;
    let status = if added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(CommentLiked { has_liked: true })))
}

/// Take back a like of a comment
///
/// For any signed-in user who may read the prompt; nothing happens if they had not liked it.
#[utoipa::path(
    delete, path = "/api/social/comments/{id}/like", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    responses((status = 200, description = "Not liked.", body = CommentLiked), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn unlike(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<CommentId>,
) -> ApiResult<Json<CommentLiked>> {
    comments::unlike(&state, &caller, id).await?;
    Ok(Json(CommentLiked { has_liked: false }))
}
