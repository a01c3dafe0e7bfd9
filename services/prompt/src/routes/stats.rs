//! `/api/social/stats`: the numbers of a prompt.

use auth::MaybeUser;
use axum::extract::State;
use http_kit::{ApiResult, Json, Path, openapi::Problems};
use ids::PromptId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{error::codes::PromptNotFound, service::stats, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_prompt_stats))
}

/// What people did with a prompt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PromptStatsResponse {
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

/// What people did with a prompt
///
/// For whoever may read it.
#[utoipa::path(
    get, path = "/api/social/stats/{promptId}", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id.")),
    responses(
        (status = 200, description = "The numbers.", body = PromptStatsResponse),
        Problems::<PromptNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn get_prompt_stats(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(prompt): Path<PromptId>,
) -> ApiResult<Json<PromptStatsResponse>> {
    let stats = stats::find_prompt_stats(&state, caller.as_ref(), prompt).await?;
    Ok(Json(PromptStatsResponse {
        prompt_id: prompt,
        likes_count: stats.likes_count,
        comments_count: stats.comments_count,
        ratings_count: stats.ratings_count,
        average_rating: stats.average_rating,
        views_count: stats.views_count,
        forks_count: stats.forks_count,
    }))
}
