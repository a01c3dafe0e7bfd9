//! `/prompts/{id}/related`: prompts that are like another.

use auth::MaybeUser;
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, Path, Query,
    openapi::Problems,
    problem::codes::{InvalidToken, TooBusy},
};
use ids::PromptId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::prompt_response::PromptResponse;
use crate::{
    error::codes::{PromptNotFound, SearchNotReady},
    service::related_prompts,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_related_prompts))
}

/// How many prompts to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct RelatedQuery {
    /// 1-50.
    #[garde(range(min = 1, max = 50))]
    #[param(default = 10, minimum = 1, maximum = 50)]
    limit: u32,
}

impl Default for RelatedQuery {
    fn default() -> Self {
        Self { limit: 10 }
    }
}

/// Related prompts
///
/// Anyone may call this who may read the prompt: public prompts that share its tags, words and category,
/// those first that share most. One page is all there is.
#[utoipa::path(
    get, path = "/prompts/{id}/related", tag = "prompts",
    params(("id" = PromptId, Path), RelatedQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, PromptNotFound, TooBusy, SearchNotReady)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_related_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<PromptId>,
    Query(RelatedQuery { limit }): Query<RelatedQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    let page = related_prompts::list(&state, caller.as_ref(), id, limit).await?;
    Ok(Json(PromptResponse::load_page(&state, page).await?))
}
