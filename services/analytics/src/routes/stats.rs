//! `/analytics/stats`: the platform in figures.

use axum::{extract::State, response::Response};
use http_kit::{ApiResult, openapi::Problems};
use read_cache::{JsonAnswer, Reader};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::Stats, service, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_stats))
}

/// Activity on the whole platform.
///
/// A rolling window is exact to the minute: it opens at the beginning of the minute that lay 24
/// hours (7 × 24 hours) before now, so it is at most 60 seconds longer than its name says. What is
/// dated ahead of now, because clocks differ, enters the window once its minute has come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsResponse {
    /// Registrations ever.
    total_user_events: i64,
    /// Prompts created and views of prompts, ever.
    total_prompt_events: i64,
    new_users_last_24h: i64,
    prompts_created_last_24h: i64,
    prompt_views_last_24h: i64,
    new_users_last_7d: i64,
    prompts_created_last_7d: i64,
    prompt_views_last_7d: i64,
    /// When an event last changed these figures.
    updated_at: Timestamp,
}

impl From<&Stats> for StatsResponse {
    fn from(stats: &Stats) -> Self {
        Self {
            total_user_events: stats.total_user_events,
            total_prompt_events: stats.total_prompt_events,
            new_users_last_24h: stats.new_users_last_24h,
            prompts_created_last_24h: stats.prompts_created_last_24h,
            prompt_views_last_24h: stats.prompt_views_last_24h,
            new_users_last_7d: stats.new_users_last_7d,
            prompts_created_last_7d: stats.prompts_created_last_7d,
            prompt_views_last_7d: stats.prompt_views_last_7d,
            updated_at: stats.updated_at,
        }
    }
}

/// Activity on the whole platform
///
/// Anyone may call this. The figures follow what happens by a second or so, and count each event
/// once. The windows roll, and are exact to the minute.
#[utoipa::path(
    get, path = "/analytics/stats", tag = "analytics",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` last read.")),
    responses(
        (status = 200, description = "The figures.", body = StatsResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<()>,
    ),
)]
async fn get_stats(State(state): State<AppState>, reader: Reader) -> ApiResult<Response> {
    let read = || {
        let pool = state.pool.clone();
        async move {
            let stats = service::stats::get_stats(&pool).await?;
            JsonAnswer::new(&StatsResponse::from(&stats))
        }
    };
    let answer = state.answer_cache.stats.get_value((), read).await?;
    Ok(reader.answer(answer))
}
