//! `/internal`: for the other services. Not described: no client can reach it.

use auth::Internal;
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use garde::Validate;
use http_kit::{ApiError, ApiResult, Json, Path, Query};
use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

use super::version_query::VersionQuery;
use crate::{
    domain::{self, Status, Visibility},
    service::{lists, ratings, reading},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(
        Router::new()
            .route("/internal/prompts/ratings", get(ratings_of))
            .route("/internal/prompts/summaries", post(summaries))
            .route("/internal/prompts/{id}", get(find))
            .route("/internal/users/{id}/stats", get(author_stats)),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FullPrompt {
    id: PromptId,
    title: String,
    description: Option<String>,
    content_preview: String,
    /// `null` when the caller holds no licence to it.
    content: Option<String>,
    category: String,
    tags: Vec<String>,
    user_id: UserId,
    username: String,
    visibility: Visibility,
    status: Status,
    version: i32,
    model: Option<String>,
    average_rating: f64,
}

/// A prompt that the caller may read. Not counted as a view.
async fn find(
    Internal(caller): Internal,
    State(state): State<AppState>,
    Path(id): Path<PromptId>,
    Query(query): Query<VersionQuery>,
) -> ApiResult<Json<FullPrompt>> {
    let prompt = reading::find(&state, caller.as_ref(), id, query.meant()?).await?;
    Ok(Json(FullPrompt {
        content_preview: prompt.content_preview,
        id: prompt.id,
        title: prompt.title,
        description: prompt.description,
        content: prompt.content,
        category: prompt.category,
        tags: prompt.tags,
        user_id: prompt.user_id,
        username: prompt.username,
        visibility: prompt.visibility,
        status: prompt.status,
        version: prompt.version,
        model: prompt.model,
        average_rating: prompt.average_rating,
    }))
}

#[derive(Deserialize, Validate)]
struct SummariesQuery {
    #[garde(length(max = 200))]
    ids: Vec<PromptId>,
}

#[derive(Serialize)]
struct Summaries {
    prompts: Vec<Summary>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    id: PromptId,
    title: String,
    category: String,
    user_id: UserId,
    username: String,
    is_public: bool,
    visibility: Visibility,
    status: Status,
}

/// Those of these prompts that are in public lists now, in any order: for who keeps ids only.
async fn summaries(
    _: Internal,
    State(state): State<AppState>,
    Json(body): Json<SummariesQuery>,
) -> ApiResult<Json<Summaries>> {
    let summary = |prompt: domain::Summary| Summary {
        id: prompt.id,
        title: prompt.title,
        category: prompt.category,
        user_id: prompt.user_id,
        username: prompt.username,
        is_public: true,
        visibility: Visibility::Public,
        status: Status::Published,
    };
    let found = lists::summaries(&state, &body.ids).await?;
    Ok(Json(Summaries { prompts: found.into_iter().map(summary).collect() }))
}

/// How many ratings are told at once.
const MAX_RATINGS: usize = 100;

#[derive(Deserialize, Validate)]
struct RatingsQuery {
    /// Of prompts, comma-separated.
    #[garde(skip)]
    ids: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PromptRating {
    id: PromptId,
    title: Option<String>,
    description: Option<String>,
    category: Option<String>,
    /// 0 when nobody has rated it.
    average_rating: f64,
}

/// What these prompts are rated, and called while they are published, private ones too: what is listed
/// for sale is shown under the title that it has now. Those that are gone are left out.
async fn ratings_of(
    _: Internal,
    State(state): State<AppState>,
    Query(query): Query<RatingsQuery>,
) -> ApiResult<Json<Vec<PromptRating>>> {
    let ids: Result<Vec<PromptId>, _> = query.ids.split(',').map(str::parse).collect();
    let ids = ids.map_err(|_| ApiError::invalid_field("ids", "must be ids of prompts"))?;
    if ids.len() > MAX_RATINGS {
        let problem = format!("must be at most {MAX_RATINGS}, are {}", ids.len());
        return Err(ApiError::invalid_field("ids", problem));
    }
    let found = ratings::averages(&state, &ids).await?;
    let rating = |prompt: domain::Rated| PromptRating {
        id: prompt.id,
        title: prompt.title,
        description: prompt.description,
        category: prompt.category,
        average_rating: prompt.average_rating,
    };
    Ok(Json(found.into_iter().map(rating).collect()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorStats {
    prompts_count: i64,
    likes_received: i64,
}

/// How many listed prompts someone has, and how often those were liked. What is hidden shows in no
/// number either.
async fn author_stats(
    _: Internal,
    State(state): State<AppState>,
    Path(id): Path<UserId>,
) -> ApiResult<Json<AuthorStats>> {
    let stats = ratings::author_stats(&state, id).await?;
    Ok(Json(AuthorStats {
        prompts_count: stats.prompts_count,
        likes_received: stats.likes_received,
    }))
}
