//! `/analytics/users/{userId}`: the views of what one author wrote.

use auth::User;
use axum::extract::State;
use http_kit::{ApiResult, Json, Path, Query, openapi::Problems, problem::codes::Forbidden};
use ids::{PromptId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::period_query::{DayResponse, PeriodQuery};
use crate::{domain::ShownPrompt, error::codes, service::author_statistics, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_author_statistics))
}

/// The views of an author's prompts in a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthorStatisticsResponse {
    user_id: UserId,
    /// How many prompts they wrote before the period's end, deleted ones too.
    prompts: i64,
    /// Of all these prompts in the period; the author's own are not counted.
    views: i64,
    /// Accounts, each once in the period whatever they viewed, and people who were not signed in, each once
    /// a day. Exact up to 10,000, and within 2 % beyond.
    unique_viewers: i64,
    /// Each day that begins in the period, in order.
    series: Vec<DayResponse>,
    /// The ten most viewed in the period, of those that the caller may open now.
    top_prompts: Vec<TopPromptResponse>,
    /// True when `topPrompts` lacks some because the prompt service could not be asked.
    incomplete: bool,
}

/// A prompt, and its views in a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TopPromptResponse {
    prompt_id: PromptId,
    /// As it is now.
    title: String,
    /// As it is now.
    category: String,
    views: i64,
    unique_viewers: i64,
    /// 1 for the most viewed.
    rank: i64,
}

impl TopPromptResponse {
    fn new((rank, prompt): (i64, ShownPrompt)) -> Self {
        Self {
            prompt_id: prompt.prompt_id,
            title: prompt.title,
            category: prompt.category,
            views: prompt.views,
            unique_viewers: prompt.unique_viewers,
            rank,
        }
    }
}

/// Views of an author's prompts
///
/// For that user and administrators. By day, as of one prompt. The figures keep what happened: views of
/// prompts that were deleted since are in them. Only prompts that the caller may open now are named. At
/// most 2,000 days.
#[utoipa::path(
    get, path = "/analytics/users/{userId}", tag = "analytics",
    params(("userId" = UserId, Path, description = "The author's id."), PeriodQuery),
    responses(
        (status = 200, description = "The views.", body = AuthorStatisticsResponse),
        Problems::<(Forbidden, codes::UserNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn get_author_statistics(
    State(state): State<AppState>,
    User(caller): User,
    Path(user_id): Path<UserId>,
    Query(query): Query<PeriodQuery>,
) -> ApiResult<Json<AuthorStatisticsResponse>> {
    let found =
        author_statistics::get_author_statistics(&state, &caller, user_id, query.into()).await?;
    Ok(Json(AuthorStatisticsResponse {
        user_id,
        prompts: found.prompts,
        views: found.views.views,
        unique_viewers: found.views.unique_viewers,
        series: found.views.series.into_iter().map(Into::into).collect(),
        top_prompts: (1..).zip(found.top_prompts).map(TopPromptResponse::new).collect(),
        incomplete: found.incomplete,
    }))
}
