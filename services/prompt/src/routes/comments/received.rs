//! `/api/social/comments/received`: what others wrote to the caller.

use auth::User;
use axum::extract::State;
use http_kit::{ApiError, ApiResult, Json, Page, PageQuery, Query, openapi::Problems};
use serde::Serialize;
use utoipa::ToSchema;

use super::response::CommentResponse;
use crate::{service::comments, state::AppState};

/// A comment, and what it is about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceivedCommentResponse {
    prompt_title: String,
    #[serde(flatten)]
    comment: CommentResponse,
}

/// Comments of others to me
///
/// On the caller's prompts, and replies to the caller's comments on prompts that they may read. Newest first,
/// without replies, and not counted. For any signed-in user.
#[utoipa::path(
    get, path = "/api/social/comments/received", tag = "social",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of comments.", body = Page<ReceivedCommentResponse>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
pub(super) async fn list_received_comments(
    State(state): State<AppState>,
    User(caller): User,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<ReceivedCommentResponse>>> {
    let page = comments::list_received(&state, &caller, &page).await?;
    let authors = page.content.iter().map(|received| received.comment.user_id);
    let names = state.user_directory.names_of(authors).await;
    let page = page.map(|received| ReceivedCommentResponse {
        prompt_title: received.prompt_title,
        comment: CommentResponse::new(received.comment, &names),
    });
    let contents = page.bound_texts(|received| vec![&mut received.comment.content]);
    Ok(Json(contents.map_err(ApiError::internal)?))
}
