//! `/api/social/ratings`: one rating by each person, which they may change.

use std::collections::BTreeMap;

use auth::{MaybeUser, User};
use axum::{extract::State, response::Response};
use garde::Validate;
use http::{HeaderName, StatusCode, header};
use http_kit::{ApiError, ApiResult, Json, Page, PageQuery, Path, Query, openapi::Problems};
use ids::{PromptId, UserId};
use read_cache::{JsonAnswer, Reader};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::etag::IfNoneMatchHeader;
use crate::{
    domain::{self, RatingSummary},
    error::codes::{OwnPrompt, PromptNotFound},
    service::ratings,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(rate_prompt))
        .routes(routes!(get_rating_summary))
        .routes(routes!(list_ratings))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RatePrompt {
    #[garde(skip)]
    prompt_id: PromptId,
    #[garde(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5, example = 5)]
    rating: i16,
    #[garde(inner(custom(domain::lines(0, 2000))))]
    #[schema(max_length = 2000, pattern = "several-lines", example = "Saved me an afternoon.")]
    review: Option<String>,
}

/// All ratings of a prompt together.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RatingSummaryResponse {
    prompt_id: PromptId,
    /// 0 when nobody has rated it.
    average_rating: f64,
    ratings_count: i64,
    /// How many gave each rating, under `"1"` to `"5"`.
    #[schema(value_type = BTreeMap<String, i64>)]
    distribution: BTreeMap<usize, i64>,
    /// The caller's own; null when there is none.
    user_rating: Option<i16>,
}

impl RatingSummaryResponse {
    fn new(prompt_id: PromptId, summary: RatingSummary) -> Self {
        Self {
            prompt_id,
            average_rating: summary.average_rating,
            ratings_count: summary.ratings_count,
            distribution: (1..).zip(summary.distribution).collect(),
            user_rating: summary.user_rating,
        }
    }
}

/// One person's rating.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RatingResponse {
    user_id: UserId,
    username: String,
    rating: i16,
    /// `null` also where the page would be larger than 1 MiB with it.
    review: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<domain::Rating> for RatingResponse {
    fn from(rating: domain::Rating) -> Self {
        Self {
            user_id: rating.user_id,
            username: rating.username,
            rating: rating.rating,
            review: rating.review,
            created_at: rating.created_at,
            updated_at: rating.updated_at,
        }
    }
}

/// Rate a prompt
///
/// For any signed-in user who may read it, except its author. 201 the first time, 200 when changed;
/// a change replaces the review, too.
#[utoipa::path(
    post, path = "/api/social/ratings", tag = "social",
    request_body = RatePrompt,
    responses(
        (status = 201, description = "Rated.", body = RatingSummaryResponse),
        (status = 200, description = "Changed.", body = RatingSummaryResponse),
        Problems::<(PromptNotFound, OwnPrompt)>,
    ),
    security(("bearer" = [])),
)]
async fn rate_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Json(body): Json<RatePrompt>,
) -> ApiResult<(StatusCode, [(HeaderName, String); 1], Json<RatingSummaryResponse>)> {
    let prompt = body.prompt_id;
    let review = body.review.as_deref().map(str::trim).filter(|review| !review.is_empty());
    let (first, summary) = ratings::rate(&state, &caller, prompt, body.rating, review).await?;
    let status = if first { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/api/social/ratings/{prompt}");
    Ok((status, [(header::LOCATION, location)], Json(RatingSummaryResponse::new(prompt, summary))))
}

/// A prompt's rating
///
/// For whoever may read it.
#[utoipa::path(
    get, path = "/api/social/ratings/{promptId}", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id."), IfNoneMatchHeader),
    responses(
        (status = 200, description = "All ratings together.", body = RatingSummaryResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<PromptNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn get_rating_summary(
    State(state): State<AppState>,
    Path(prompt): Path<PromptId>,
    reader: Reader,
) -> ApiResult<Response> {
    let summary = ratings::summarize(&state, reader.caller.as_ref(), prompt).await?;
    let serialize = async |summary: RatingSummary| {
        Ok(JsonAnswer::new(&RatingSummaryResponse::new(prompt, summary))?)
    };
    Ok(reader.answer(summary.into_answer(serialize).await?))
}

/// All ratings of a prompt
///
/// Newest first. For whoever may read it.
#[utoipa::path(
    get, path = "/api/social/ratings/{promptId}/all", tag = "social",
    params(("promptId" = PromptId, Path, description = "The prompt's id."), PageQuery),
    responses(
        (status = 200, description = "A page of ratings.", body = Page<RatingResponse>),
        Problems::<PromptNotFound>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_ratings(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(prompt): Path<PromptId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<RatingResponse>>> {
    let page = ratings::list(&state, caller.as_ref(), prompt, &page).await?;
    let page = page.map(RatingResponse::from).bound_texts(|rating| vec![&mut rating.review]);
    Ok(Json(page.map_err(ApiError::internal)?))
}
