//! `/analytics/trending`: the prompts that do best.

use auth::Identity;
use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{ApiResult, Query, openapi::Problems};
use ids::PromptId;
use read_cache::{JsonAnswer, ReadError, Reader};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{Trending, TrendingPrompt},
    service,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_trending_prompts))
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
struct TrendingQuery {
    /// How many days (UTC) to look at, today being the first; 1-90.
    #[garde(range(min = 1, max = 90))]
    #[param(default = 7, minimum = 1, maximum = 90)]
    days: u16,
    /// How many prompts at most; 1-100.
    #[garde(range(min = 1, max = 100))]
    #[param(default = 10, minimum = 1, maximum = 100)]
    limit: u16,
    /// Only prompts that have this category now, in any case.
    #[garde(length(chars, max = 100))]
    category: Option<String>,
}

impl Default for TrendingQuery {
    fn default() -> Self {
        Self { days: 7, limit: 10, category: None }
    }
}

/// What did well in a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TrendingResponse {
    /// The period in words.
    #[schema(example = "7 days")]
    period: String,
    days: u16,
    /// The best first.
    trending: Vec<TrendingPromptResponse>,
    /// True when the prompt service could not be asked what some prompts are called, or which of them
    /// have the category: then these are without a title, or not listed.
    incomplete: bool,
}

/// A prompt and how it does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TrendingPromptResponse {
    prompt_id: PromptId,
    /// As it is now; null when `incomplete`.
    #[schema(example = "Linux Terminal")]
    title: Option<String>,
    /// As it is now; null when `incomplete`.
    #[schema(example = "Development")]
    category: Option<String>,
    /// The author's name; null when `incomplete`.
    #[schema(example = "ada")]
    username: Option<String>,
    /// In the period; the author's own are not counted.
    views: i64,
    /// How many different people viewed it in the period: accounts, each once, and people who were not
    /// signed in, each once a day.
    unique_viewers: i64,
    score: f64,
    /// 1 for the first.
    rank: i64,
    /// True when the prompt service could not be asked what the prompt is called, nor whether it can
    /// be opened.
    incomplete: bool,
}

impl From<TrendingPrompt> for TrendingPromptResponse {
    fn from(prompt: TrendingPrompt) -> Self {
        Self {
            prompt_id: prompt.prompt_id,
            title: prompt.title,
            category: prompt.category,
            username: prompt.username,
            views: prompt.views,
            unique_viewers: prompt.unique_viewers,
            score: prompt.score,
            rank: prompt.rank,
            incomplete: prompt.incomplete,
        }
    }
}

/// Trending prompts
///
/// Anyone may call this.
///
/// A prompt's `score` is the sum over its days (UTC) of `points × 2^(−age ÷ halfLife)`, rounded to four
/// significant digits. A day has `2 × viewers + min(views, 2 × max(viewers, 1))` points: `viewers` are the
/// different people who viewed the prompt on that day, signed in or not, and each adds 4 points at most,
/// however often they look. `age` is 0 for today, 1 for yesterday, and so on; `halfLife` is a quarter of the
/// least of 1, 7, 30 and 90 days that is not less than `days`. Prompts with equal scores are in the order of
/// their ids, oldest first. Prompts that nobody viewed in the period are not listed.
///
/// Only prompts that the caller could open now are listed, under the title, category and author's name that
/// they have now, give or take two seconds: listed ones, and of the others those that are the caller's own,
/// or licensed to them. What is hidden or gone is passed over, and the page filled up; of the whole ranking
/// the first 2,000 are looked at. Views and viewers are as of two seconds ago at most. While the prompt
/// service is away, rows have no title and are `incomplete`.
#[utoipa::path(
    get, path = "/analytics/trending", tag = "analytics",
    params(TrendingQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read.")),
    responses(
        (status = 200, description = "The prompts, best first.", body = TrendingResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<()>,
    ),
)]
async fn list_trending_prompts(
    State(state): State<AppState>,
    Query(query): Query<TrendingQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    if reader.caller.is_some() || query.category.is_some() {
        return Ok(reader.answer(answer(&state, reader.caller.as_ref(), query).await?));
    }
    let key = (query.days, query.limit);
    let read = || {
        let state = state.clone();
        async move { answer(&state, None, query).await }
    };
    let shared = state.answer_cache.trending.get_value(key, read).await?;
    Ok(reader.answer(shared))
}

async fn answer(
    state: &AppState,
    caller: Option<&Identity>,
    query: TrendingQuery,
) -> Result<JsonAnswer, ReadError> {
    let TrendingQuery { days, limit, category } = query;
    let category = category.as_deref();
    let Trending { prompts, incomplete } =
        service::trending::list_trending(state, caller, days, limit, category).await?;
    let trending = prompts.into_iter().map(Into::into).collect();
    let period = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    JsonAnswer::new(&TrendingResponse { period, days, trending, incomplete })
}
