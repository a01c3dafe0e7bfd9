//! `/api/social/likes`: liking a prompt.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http::{HeaderName, StatusCode, header};
use http_kit::{ApiResult, Json, Path, openapi::Problems};
use ids::PromptId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{error::codes::PromptNotFound, service::likes, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(like_prompt))
        .routes(routes!(unlike_prompt))
        .routes(routes!(check_prompt_like))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LikePrompt {
    #[garde(skip)]
    prompt_id: PromptId,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LikeResponse {
    has_liked: bool,
}

/// Like a prompt
///
/// For any signed-in user who may read it, its author too. 201 the first time, 200 after that.
#[utoipa::path(
    post, path = "/api/social/likes", tag = "social",
    request_body = LikePrompt,
    responses(
        (status = 201, description = "Liked.", body = LikeResponse),
        (status = 200, description = "Liked already.", body = LikeResponse),
        Problems::<PromptNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn like_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Json(body): Json<LikePrompt>,
) -> ApiResult<(StatusCode, [(HeaderName, String); 1], Json<LikeResponse>)> {
    let added = likes::like(&state, &caller, body.prompt_id).await?;
    let status = if added { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/api/social/likes/{}/check", body.prompt_id);
    Ok((status, [(header::LOCATION, location)], Json(LikeResponse { has_liked: true })))
}

/// Take a like back
///
/// For any signed-in user who may read it; nothing happens if they had not liked it.
#[utoipa::path(
    delete, path = "/api/social/likes/{promptId}", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id.")),
    responses(
        (status = 200, description = "Not liked.", body = LikeResponse),
        Problems::<PromptNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn unlike_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Path(prompt): Path<PromptId>,
) -> ApiResult<Json<LikeResponse>> {
    likes::unlike(&state, &caller, prompt).await?;
    Ok(Json(LikeResponse { has_liked: false }))
}

/// Whether I like a prompt
///
/// For any signed-in user who may read it.
#[utoipa::path(
    get, path = "/api/social/likes/{promptId}/check", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id.")),
    responses(
        (status = 200, description = "Liked or not.", body = LikeResponse),
        Problems::<PromptNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn check_prompt_like(
    State(state): State<AppState>,
    User(caller): User,
    Path(prompt): Path<PromptId>,
) -> ApiResult<Json<LikeResponse>> {
    Ok(Json(LikeResponse { has_liked: likes::has_liked(&state, &caller, prompt).await? }))
}
