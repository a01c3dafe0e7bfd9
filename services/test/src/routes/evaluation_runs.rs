//! `/api/tests/runs` and `/api/tests/datasets/{id}/runs`: a prompt over all rows of a data set.

mod lists;

use auth::User;
use axum::extract::State;
use garde::Validate;
use grader::{Assertion, AssertionList, AssertionTemplate};
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path, Query, openapi::Problems, page::Include,
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::{DatasetId, PromptId, RunId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    fields::{
        TargetBody, exactly_one, label_chars, only_with, prompt_source, version_ref, without,
    },
    heavy_json::HeavyJson,
};
use crate::{
    domain::{Cell, CellFilter, EvaluationRun, EvaluationRunComparison, Target, TestStatus},
    error::{PromptProblems, TargetProblems, codes},
    service::evaluation_runs::{self, EvaluationRunRequest},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_evaluation_run, lists::list_evaluation_runs))
        .routes(routes!(lists::list_my_evaluation_runs))
        .routes(routes!(get_evaluation_run))
        .routes(routes!(list_evaluation_run_results))
        .routes(routes!(compare_evaluation_runs))
        .routes(routes!(cancel_evaluation_run))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "promptContent": "Greet {{name}} in {{language}}.",
    "targets": [{"modelProvider": "MOCK", "modelName": "mock"}],
    "assertions": [{"type": "icontains", "value": "{{name}}"}],
}))]
struct CreateEvaluationRun {
    /// The prompt to run; either this or `promptContent`.
    #[garde(custom(exactly_one(self.prompt_content.is_some(), "promptContent")))]
    prompt_id: Option<PromptId>,
    /// What to run; either this or `promptId`.
    #[garde(
        length(chars, min = 1, max = 100_000),
        custom(exactly_one(self.prompt_id.is_some(), "promptId"))
    )]
    #[schema(min_length = 1, max_length = 100_000)]
    prompt_content: Option<String>,
    /// The version of the prompt; the latest by default.
    #[garde(range(min = 1), custom(only_with(self.prompt_id.is_some(), "promptId")))]
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// The label of the version, instead of its number.
    #[garde(
        length(bytes, min = 1, max = 50),
        custom(label_chars),
        custom(only_with(self.prompt_id.is_some(), "promptId")),
        custom(without(self.version.is_some(), "version"))
    )]
    #[schema(min_length = 1, max_length = 50, pattern = "^[A-Za-z0-9_.-]+$")]
    label: Option<String>,
    /// Its placeholders are filled in for each row, as the prompt's are.
    #[garde(length(chars, max = 100_000))]
    #[schema(max_length = 100_000)]
    system_prompt: Option<String>,
    #[garde(length(min = 1, max = 10), dive)]
    #[schema(min_items = 1, max_items = 10)]
    targets: Vec<TargetBody>,
    /// What each answer must be; may use `{{expected}}` and the row's variables. Without any, a row
    /// that has an `expected` is held against it, white space around both left out.
    #[garde(dive)]
    #[schema(value_type = Option<Vec<Assertion>>, max_items = 50)]
    assertions: Option<AssertionList<AssertionTemplate>>,
}

impl From<CreateEvaluationRun> for EvaluationRunRequest {
    fn from(body: CreateEvaluationRun) -> Self {
        let assertions = body.assertions.map(|list| list.0).unwrap_or_default();
        Self {
            source: prompt_source(
                body.prompt_id,
                body.prompt_content,
                version_ref(body.version, body.label),
            ),
            system_prompt: body.system_prompt,
            targets: body.targets.into_iter().map(Target::from).collect(),
            assertions: assertions.into_iter().map(|assertion| assertion.0).collect(),
        }
    }
}

type CreateProblems = (
    KeyProblems,
    PromptProblems,
    TargetProblems,
    codes::DatasetNotFound,
    codes::BadRows,
    codes::RunTooLarge,
    codes::DailyLimit,
);

/// Run a prompt over a data set
///
/// Queues a test for every row on every target (10,000 at most), or none when any row does not fit.
/// For the data set's owner, on any prompt whose content they may read.
#[utoipa::path(
    post, path = "/api/tests/datasets/{id}/runs", tag = "runs",
    params(("id" = DatasetId, Path, description = "The data set's id."), IdempotencyKeyHeader),
    request_body = CreateEvaluationRun,
    responses(
        (
            status = 201, description = "Queued.", body = EvaluationRun,
            headers(("Location" = String, description = "Where the run is.")),
        ),
        Problems::<CreateProblems>,
    ),
    security(("bearer" = [])),
)]
async fn create_evaluation_run(
    State(state): State<AppState>,
    User(caller): User,
    Path(dataset): Path<DatasetId>,
    Keyed(key, HeavyJson(body)): Keyed<HeavyJson<CreateEvaluationRun>>,
) -> ApiResult<Answer> {
    let answer = |run: &EvaluationRun| Answer::created(format!("/api/tests/runs/{}", run.id), run);
    let creation = Creation::new(caller.id, key, &answer);
    let create = evaluation_runs::create(&state, &caller, dataset, body.into(), &creation);
    Ok(creation.run(&state.pool, create).await?)
}

/// A run
///
/// How far it is, and how each target does up to now. For its owner.
#[utoipa::path(
    get, path = "/api/tests/runs/{id}", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run.", body = EvaluationRun),
        Problems::<codes::RunNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_evaluation_run(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<RunId>,
) -> ApiResult<Json<EvaluationRun>> {
    Ok(Json(evaluation_runs::find(&state, &caller, id).await?))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ResultFilter {
    /// Only this target: its place, from 0.
    #[garde(range(min = 0, max = 9))]
    #[param(minimum = 0, maximum = 9)]
    target: Option<i32>,
    /// Only cells that stand so.
    #[garde(skip)]
    status: Option<TestStatus>,
    /// Only cells that passed, or only those that did not though they are over.
    #[garde(skip)]
    passed: Option<bool>,
    /// `content` asks for the answers, of which a page has 1 MiB at most: where they would pass that, the
    /// rest is null, and `contentTruncated` true.
    #[garde(skip)]
    #[param(inline)]
    include: Option<Include>,
}

/// Results of a run
///
/// Cell by cell, by row and target, with previews of the answers, or with these whole. For the run's
/// owner.
#[utoipa::path(
    get, path = "/api/tests/runs/{id}/results", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id."), ResultFilter, PageQuery),
    responses(
        (status = 200, description = "The cells.", body = Page<Cell>),
        Problems::<codes::RunNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn list_evaluation_run_results(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<RunId>,
    Paged { page, filter }: Paged<ResultFilter>,
) -> ApiResult<Json<Page<Cell>>> {
    let ResultFilter { target, status, passed, include } = filter;
    let filter = CellFilter { target, status, passed, ended_since: None };
    Ok(Json(evaluation_runs::list_cells(&state, &caller, id, (filter, include), &page).await?))
}

#[derive(Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct CompareQuery {
    /// The earlier run, over the same data set.
    #[garde(skip)]
    to: RunId,
}

/// Compare a run to an earlier one
///
/// Which rows became better and which worse, for each target of the same model. For the owner of
/// both.
#[utoipa::path(
    get, path = "/api/tests/runs/{id}/compare", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id."), CompareQuery),
    responses(
        (status = 200, description = "The differences.", body = EvaluationRunComparison),
        Problems::<(codes::RunNotFound, codes::OtherRunNotFound, codes::OtherDataset)>,
    ),
    security(("bearer" = [])),
)]
async fn compare_evaluation_runs(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<RunId>,
    Query(query): Query<CompareQuery>,
) -> ApiResult<Json<EvaluationRunComparison>> {
    Ok(Json(evaluation_runs::compare(&state, &caller, id, query.to).await?))
}

/// Cancel a run
///
/// Ends every cell that is not over; those that are stay as they are. For its owner.
#[utoipa::path(
    post, path = "/api/tests/runs/{id}/cancel", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run as it is now.", body = EvaluationRun),
        Problems::<codes::RunNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn cancel_evaluation_run(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<RunId>,
) -> ApiResult<Json<EvaluationRun>> {
    Ok(Json(evaluation_runs::cancel(&state, &caller, id).await?))
}
