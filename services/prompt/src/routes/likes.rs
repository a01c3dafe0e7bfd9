//! `/api/social/likes` and `/api/social/stats`.

use auth::{MaybeUser, User};
use axum::extract::State;
use garde::Validate;
use http::{HeaderName, StatusCode, header};
use http_kit::{
    ApiResult, Json, Path,
    openapi::{NotFound, Unauthorized},
};
use ids::PromptId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{service::ratings, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(like))
        .routes(routes!(unlike))
        .routes(routes!(check))
        .routes(routes!(stats))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LikePrompt {
    #[garde(skip)]
    prompt_id: PromptId,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Liked {
    has_liked: bool,
}

/// What people did with a prompt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stats {
    prompt_id: PromptId,
    likes_count: i64,
    /// Replies too.
    comments_count: i64,
    ratings_count: i64,
    /// 0 when nobody has rated it.
    average_rating: f64,
    /// How often others than the author read it; may lag by up to 2 s.
    views_count: i64,
    forks_count: i64,
}

/// Like a prompt
///
/// For any signed-in user who may read it, its author too. 201 the first time, 200 after that.
#[utoipa::path(
    post, path = "/api/social/likes", tag = "social",
    request_body = LikePrompt,
    responses(
        (status = 201, description = "Liked.", body = Liked),
        (status = 200, description = "Liked already.", body = Liked),
        Unauthorized, NotFound,
    ),
    security(("bearer" = [])),
)]
async fn like(
    State(state): State<AppState>,
    User(caller): User,
    Json(body): Json<LikePrompt>,
) -> ApiResult<(StatusCode, [(HeaderName, String); 1], Json<Liked>)> {
    let added = ratings::like(&state, &caller, body.prompt_id).await?;
    let status = if added { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/api/social/likes/{}/check", body.prompt_id);
    Ok((status, [(header::LOCATION, location)], Json(Liked { has_liked: true })))
}

/// Take a like back
///
/// For any signed-in user who may read it; nothing happens if they had not liked it.
#[utoipa::path(
    delete, path = "/api/social/likes/{promptId}", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id.")),
    responses((status = 200, description = "Not liked.", body = Liked), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn unlike(
    State(state): State<AppState>,
    User(caller): User,
    Path(prompt): Path<PromptId>,
) -> ApiResult<Json<Liked>> {
    ratings::unlike(&state, &caller, prompt).await?;
    Ok(Json(Liked { has_liked: false }))
}

/// Whether I like a prompt
///
/// For any signed-in user who may read it.
#[utoipa::path(
    get, path = "/api/social/likes/{promptId}/check", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id.")),
    responses((status = 200, description = "Liked or not.", body = Liked), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn check(
    State(state): State<AppState>,
    User(caller): User,
    Path(prompt): Path<PromptId>,
) -> ApiResult<Json<Liked>> {
    Ok(Json(Liked { has_liked: ratings::has_liked(&state, &caller, prompt).await? }))
}

/// What people did with a prompt
///
/// For whoever may read it.
#[utoipa::path(
    get, path = "/api/social/stats/{promptId}", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id.")),
    responses((status = 200, description = "The numbers.", body = Stats), NotFound),
    security((), ("bearer" = [])),
)]
async fn stats(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(prompt): Path<PromptId>,
) -> ApiResult<Json<Stats>> {
    let stats = ratings::prompt_stats(&state, caller.as_ref(), prompt).await?;
    Ok(Json(Stats {
        prompt_id: prompt,
        likes_count: stats.likes_count,
        comments_count: stats.comments_count,
        ratings_count: stats.ratings_count,
        average_rating: stats.average_rating,
        views_count: stats.views_count,
        forks_count: stats.forks_count,
    }))
}
