//! `/api/social/stats`: the numbers of a prompt.

use axum::{extract::State, response::Response};
use http_kit::{ApiResult, Path, openapi::Problems};
use ids::PromptId;
use read_cache::{JsonAnswer, Reader};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::etag::IfNoneMatchHeader;
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
    params(("promptId" = PromptId, Path, description = "The prompt's id."), IfNoneMatchHeader),
    responses(
        (status = 200, description = "The numbers.", body = PromptStatsResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<PromptNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn get_prompt_stats(
    State(state): State<AppState>,
    Path(prompt): Path<PromptId>,
    reader: Reader,
) -> ApiResult<Response> {
    let stats = stats::find_prompt_stats(&state, reader.caller.as_ref(), prompt).await?;
    let answer = JsonAnswer::new(&PromptStatsResponse {
        prompt_id: prompt,
        likes_count: stats.likes_count,
        comments_count: stats.comments_count,
        ratings_count: stats.ratings_count,
        average_rating: stats.average_rating,
        views_count: stats.views_count,
        forks_count: stats.forks_count,
    })?;
    Ok(reader.answer(answer))
}
