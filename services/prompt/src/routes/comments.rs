//! `/api/social/comments`: comments, threaded one level deep.

mod page_limit;
mod received;
mod response;

use auth::{MaybeUser, User};
use axum::{extract::State, response::Response};
use garde::Validate;
use http::StatusCode;
use http_kit::{ApiResult, Json, Page, PageQuery, Path, Query, openapi::Problems};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::{CommentId, PromptId};
use read_cache::{JsonAnswer, Reader};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::etag::IfNoneMatchHeader;
use crate::{
    domain::{self, CommentThread},
    error::codes::{CommentNotFound, NotTheAuthor, PromptNotFound, ReplyToReply},
    service::comments,
    state::AppState,
};

use response::CommentResponse;

pub fn router() -> OpenApiRouter<AppState> {
    // `{id}` is the prompt's for GET and the comment's otherwise: one path, by contract.
    OpenApiRouter::new()
        .routes(routes!(create_comment))
        .routes(routes!(received::list_received_comments))
        .routes(routes!(list_comments, update_comment, delete_comment))
        .routes(routes!(list_replies))
        .routes(routes!(like_comment, unlike_comment))
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

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CommentLikeResponse {
    has_liked: bool,
}

/// Comment on a prompt
///
/// For any signed-in user who may read it, its author too. With `parentId` it answers a comment.
#[utoipa::path(
    post, path = "/api/social/comments", tag = "social",
    params(IdempotencyKeyHeader),
    request_body = CreateComment,
    responses(
        (status = 201, description = "Commented.", body = CommentResponse),
        Problems::<(
            PromptNotFound, CommentNotFound, ReplyToReply, KeyProblems,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn create_comment(
    State(state): State<AppState>,
    User(caller): User,
    Keyed(key, Json(body)): Keyed<Json<CreateComment>>,
) -> ApiResult<Answer> {
    let content = body.content.trim();
    // Looked up before the transaction that records the answer.
    let names = state.user_directory.names_of([caller.id]).await;
    let answer = |comment: &domain::Comment| {
        let path = format!("/api/social/comments/{}", comment.prompt_id);
        Answer::created(path, &CommentResponse::new(comment.clone(), &names))
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
    params(("id" = PromptId, Path, description = "The prompt's id."), PageQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of comments.", body = Page<CommentResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<PromptNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_comments(
    State(state): State<AppState>,
    Path(prompt): Path<PromptId>,
    Query(page): Query<PageQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let page = comments::list(&state, reader.caller.as_ref(), prompt, page).await?;
    let serialize =
        async |page: Page<CommentThread>| Ok(JsonAnswer::new(&load_threads(&state, page).await?)?);
    Ok(reader.answer(page.into_answer(serialize).await?))
}

/// Makes a page of responses within the limit of pages, and looks up the authors' names.
async fn load_threads(
    state: &AppState,
    page: Page<CommentThread>,
) -> ApiResult<Page<CommentResponse>> {
    let mut authors = Vec::new();
    for thread in &page.content {
        authors.push(thread.comment.user_id);
        authors.extend(thread.replies.iter().map(|reply| reply.user_id));
    }
    let names = state.user_directory.names_of(authors).await;
    let mut replies = Vec::with_capacity(page.content.len());
    let page = page.map(|thread| {
        replies.push(thread.replies.into_iter().map(|reply| CommentResponse::new(reply, &names)));
        CommentResponse::new(thread.comment, &names)
    });
    page_limit::limit_threads(page, replies)
}

/// Replies to a comment
///
/// Oldest first. For whoever may read the prompt.
#[utoipa::path(
    get, path = "/api/social/comments/{id}/replies", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id."), PageQuery),
    responses(
        (status = 200, description = "A page of replies.", body = Page<CommentResponse>),
        Problems::<CommentNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_replies(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<CommentId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<CommentResponse>>> {
    let page = comments::list_replies(&state, caller.as_ref(), id, &page).await?;
    let names = state.user_directory.names_of(page.content.iter().map(|reply| reply.user_id)).await;
    Ok(Json(page_limit::limit_comments(page.map(|reply| CommentResponse::new(reply, &names)))?))
}

/// Edit a comment
///
/// For who wrote it, and nobody else.
#[utoipa::path(
    put, path = "/api/social/comments/{id}", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    request_body = UpdateComment,
    responses(
        (status = 200, description = "The comment as it is now, without its replies.", body = CommentResponse),
        Problems::<(NotTheAuthor, CommentNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn update_comment(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<CommentId>,
    Json(body): Json<UpdateComment>,
) -> ApiResult<Json<CommentResponse>> {
    let comment = comments::update(&state, &caller, id, body.content.trim()).await?;
    Ok(Json(CommentResponse::load(&state, comment).await))
}

/// Delete a comment
///
/// For who wrote it, the author of the prompt, and admins. Its replies go with it.
#[utoipa::path(
    delete, path = "/api/social/comments/{id}", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    responses(
        (status = 204, description = "Deleted."),
        Problems::<(NotTheAuthor, CommentNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn delete_comment(
    State(state): State<AppState>,
    User(caller): User,
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
        (status = 201, description = "Liked.", body = CommentLikeResponse),
        (status = 200, description = "Liked already.", body = CommentLikeResponse),
        Problems::<CommentNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn like_comment(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<CommentId>,
) -> ApiResult<(StatusCode, Json<CommentLikeResponse>)> {
    let added = comments::like(&state, &caller, id).await?;
    let status = if added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(CommentLikeResponse { has_liked: true })))
}

/// Take back a like of a comment
///
/// For any signed-in user who may read the prompt; nothing happens if they had not liked it.
#[utoipa::path(
    delete, path = "/api/social/comments/{id}/like", tag = "social",
    params(("id" = CommentId, Path, description = "The comment's id.")),
    responses(
        (status = 200, description = "Not liked.", body = CommentLikeResponse),
        Problems::<CommentNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn unlike_comment(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<CommentId>,
) -> ApiResult<Json<CommentLikeResponse>> {
    comments::unlike(&state, &caller, id).await?;
    Ok(Json(CommentLikeResponse { has_liked: false }))
}
