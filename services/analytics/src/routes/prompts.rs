//! `/analytics/prompts/{promptId}`: the views of one prompt.

use auth::MaybeUser;
use axum::extract::State;
use http_kit::{ApiResult, Json, Path, Query, openapi::Problems};
use ids::PromptId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::period_query::{DayResponse, PeriodQuery};
use crate::{error::codes, service::prompt_statistics, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_prompt_statistics))
}

/// The views of a prompt in a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PromptStatisticsResponse {
    prompt_id: PromptId,
    /// In the period; the author's own are not counted.
    views: i64,
    /// Accounts, each once in the period, and people who were not signed in, each once a day. Exact up to
    /// 10,000, and within 2 % beyond.
    unique_viewers: i64,
    /// Each day that begins in the period, in order.
    series: Vec<DayResponse>,
}

/// Views of a prompt
///
/// For whoever may open the prompt now; for everyone else it does not exist. By day: a day is in the period
/// when it begins in `from` to before `to`, and it is counted whole. Days begin at the midnight of `tz`, and
/// have 23 or 25 hours when clocks change. At most 2,000 days.
#[utoipa::path(
    get, path = "/analytics/prompts/{promptId}", tag = "analytics",
    params(("promptId" = PromptId, Path, description = "The prompt's id."), PeriodQuery),
    responses(
        (status = 200, description = "The views.", body = PromptStatisticsResponse),
        Problems::<codes::PromptNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn get_prompt_statistics(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(prompt_id): Path<PromptId>,
    Query(query): Query<PeriodQuery>,
) -> ApiResult<Json<PromptStatisticsResponse>> {
    let caller = caller.as_ref();
    let found =
        prompt_statistics::get_prompt_statistics(&state, caller, prompt_id, query.into()).await?;
    Ok(Json(PromptStatisticsResponse {
        prompt_id,
        views: found.views,
        unique_viewers: found.unique_viewers,
        series: found.series.into_iter().map(Into::into).collect(),
    }))
}
