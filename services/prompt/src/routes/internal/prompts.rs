//! `/internal/prompts`: prompts as other services read them.

use std::convert::Infallible;

use auth::Internal;
use axum::{Router, extract::State};
use http_kit::{ApiError, Path};
use ids::PromptId;
use internal_api::{
    Failure, Request, Serve,
    prompt::{
        self as api, GetPrompt, GetPromptRefusal, ListRatings, ListSummaries,
        ListSummariesResponse, MAX_RATINGS, PromptResponse, RatingResponse, SummaryResponse,
    },
};

use crate::{
    domain::{Prompt, PromptSummary, RatedPrompt, Status, Visibility},
    error::ServiceError,
    routes::version_query::version_ref,
    service::{prompt_lists, ratings, reading},
    state::AppState,
};

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(ListRatings::route(list_internal_ratings))
        .merge(ListSummaries::route(list_summaries))
        .merge(GetPrompt::route(get_internal_prompt))
}

async fn get_internal_prompt(
    Internal(caller): Internal,
    State(state): State<AppState>,
    Path(id): Path<PromptId>,
    Request(query): Request<GetPrompt>,
) -> Result<PromptResponse, Failure<GetPromptRefusal>> {
    let version = version_ref(query.version, query.label)?;
    let prompt = reading::find(&state, caller.as_ref(), id, version).await;
    prompt.map(to_response).map_err(|error| match error {
        ServiceError::PromptNotFound => Failure::Refused(GetPromptRefusal::PromptNotFound),
        ServiceError::VersionNotFound => Failure::Refused(GetPromptRefusal::VersionNotFound),
        ServiceError::LabelNotFound => Failure::Refused(GetPromptRefusal::LabelNotFound),
        other => other.into(),
    })
}

fn to_response(prompt: Prompt) -> PromptResponse {
    PromptResponse {
        id: prompt.id,
        title: prompt.title,
        description: prompt.description,
        content_preview: prompt.content_preview,
        content: prompt.content,
        category: prompt.category,
        tags: prompt.tags,
        user_id: prompt.user_id,
        username: prompt.username,
        visibility: visibility(prompt.visibility),
        status: status(prompt.status),
        version: prompt.version,
        model: prompt.model,
        average_rating: prompt.average_rating,
    }
}

fn visibility(visibility: Visibility) -> api::Visibility {
    match visibility {
        Visibility::Public => api::Visibility::Public,
        Visibility::Private => api::Visibility::Private,
        Visibility::Unlisted => api::Visibility::Unlisted,
    }
}

fn status(status: Status) -> api::Status {
    match status {
        Status::Draft => api::Status::Draft,
        Status::Published => api::Status::Published,
        Status::Archived => api::Status::Archived,
    }
}

async fn list_summaries(
    Internal(caller): Internal,
    State(state): State<AppState>,
    _: Path<()>,
    Request(body): Request<ListSummaries>,
) -> Result<ListSummariesResponse, Failure<Infallible>> {
    let summary = |prompt: PromptSummary| SummaryResponse {
        id: prompt.id,
        title: prompt.title,
        category: prompt.category,
        user_id: prompt.user_id,
        username: prompt.username,
        is_public: prompt.visibility == Visibility::Public,
        visibility: visibility(prompt.visibility),
        status: status(prompt.status),
    };
    let found =
        prompt_lists::find_summaries(&state, caller.as_ref(), &body.ids, body.unlisted).await?;
    Ok(ListSummariesResponse { prompts: found.into_iter().map(summary).collect() })
}

async fn list_internal_ratings(
    _: Internal,
    State(state): State<AppState>,
    _: Path<()>,
    Request(query): Request<ListRatings>,
) -> Result<Vec<RatingResponse>, Failure<Infallible>> {
    let ids =
        query.ids().ok_or_else(|| ApiError::invalid_field("ids", "must be ids of prompts"))?;
    if ids.len() > MAX_RATINGS {
        let problem = format!("must be at most {MAX_RATINGS}, are {}", ids.len());
        return Err(ApiError::invalid_field("ids", problem).into());
    }
    let found = ratings::find_rated(&state, &ids).await?;
    let rating = |prompt: RatedPrompt| RatingResponse {
        id: prompt.id,
        title: prompt.title,
        description: prompt.description,
        category: prompt.category,
        average_rating: prompt.average_rating,
    };
    Ok(found.into_iter().map(rating).collect())
}
