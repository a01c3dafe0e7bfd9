//! Lists of runs.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Page, PageQuery, Paged, Path, Query, openapi::Problems};
use ids::{DatasetId, PromptId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    domain::{EvaluationRunSummary, RunFilter},
    error::codes,
    service::evaluation_runs,
    state::AppState,
};

/// Runs over a data set
///
/// Newest first. For the data set's owner.
#[utoipa::path(
    get, path = "/api/tests/datasets/{id}/runs", tag = "runs",
    params(("id" = DatasetId, Path, description = "The data set's id."), PageQuery),
    responses(
        (status = 200, description = "The runs.", body = Page<EvaluationRunSummary>),
        Problems::<codes::DatasetNotFound>,
    ),
    security(("bearer" = [])),
)]
pub(super) async fn list_evaluation_runs(
    State(state): State<AppState>,
    User(caller): User,
    Path(dataset): Path<DatasetId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<EvaluationRunSummary>>> {
    let filter = RunFilter { dataset: Some(dataset), prompt: None };
    Ok(Json(evaluation_runs::list(&state, &caller, filter, &page).await?))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct MyRunsFilter {
    /// Only runs of this prompt.
    #[garde(skip)]
    prompt_id: Option<PromptId>,
}

/// My runs
///
/// Over all data sets, those deleted since too. Newest first. For any signed-in user, their own.
#[utoipa::path(
    get, path = "/api/tests/runs", tag = "runs",
    params(MyRunsFilter, PageQuery),
    responses(
        (status = 200, description = "The runs.", body = Page<EvaluationRunSummary>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
pub(super) async fn list_my_evaluation_runs(
    State(state): State<AppState>,
    User(caller): User,
    Paged { page, filter }: Paged<MyRunsFilter>,
) -> ApiResult<Json<Page<EvaluationRunSummary>>> {
    let filter = RunFilter { dataset: None, prompt: filter.prompt_id };
    Ok(Json(evaluation_runs::list(&state, &caller, filter, &page).await?))
}
