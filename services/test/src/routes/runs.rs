//! `/api/tests/runs` and `/api/tests/datasets/{id}/runs`: a prompt over all rows of a data set.

use auth::User as Caller;
use axum::extract::State;
use garde::Validate;
use grader::{Assertion, AssertionList, AssertionTemplate};
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path, Query,
    openapi::{Conflict, Forbidden, NotFound, TooManyRequests, Unauthorized, Unprocessable},
    page::Include,
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed};
use ids::{DatasetId, PromptId, RunId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::HeavyJson,
    parts::{TargetBody, either, label_chars, only_with, pick, source, without},
};
use crate::{
    domain::{Cell, CellFilter, Run, RunComparison, RunSummary, Target, TestStatus},
    service::runs::{self, RunRequest},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(find))
        .routes(routes!(results))
        .routes(routes!(compare))
        .routes(routes!(cancel))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "promptContent": "Greet {{name}} in {{language}}.",
    "targets": [{"modelProvider": "MOCK", "modelName": "mock"}],
    "assertions": [{"type": "icontains", "value": "{{name}}"}],
}))]
struct CreateRun {
    /// The prompt to run; either this or `promptContent`.
    #[garde(custom(either(self.prompt_content.is_some(), "promptContent")))]
    prompt_id: Option<PromptId>,
    /// What to run; either this or `promptId`.
    #[garde(
        length(chars, min = 1, max = 100_000),
        custom(either(self.prompt_id.is_some(), "promptId"))
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

impl From<CreateRun> for RunRequest {
    fn from(body: CreateRun) -> Self {
        let assertions = body.assertions.map(|list| list.0).unwrap_or_default();
        Self {
            source: source(body.prompt_id, body.prompt_content, pick(body.version, body.label)),
            system_prompt: body.system_prompt,
            targets: body.targets.into_iter().map(Target::from).collect(),
            assertions: assertions.into_iter().map(|assertion| assertion.0).collect(),
        }
    }
}

/// Run a prompt over a data set
///
/// Queues a test for every row on every target (10,000 at most), or none when any row does not fit.
/// For the data set's owner, on any prompt whose content they may read.
#[utoipa::path(
    post, path = "/api/tests/datasets/{id}/runs", tag = "runs",
    params(("id" = DatasetId, Path, description = "The data set's id."), IdempotencyKeyHeader),
    request_body = CreateRun,
    responses(
        (
            status = 201, description = "Queued.", body = Run,
            headers(("Location" = String, description = "Where the run is.")),
        ),
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
        Unprocessable,
        TooManyRequests,
    ),
    security(("bearer" = [])),
)]
async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(dataset): Path<DatasetId>,
    Keyed(key, HeavyJson(body)): Keyed<HeavyJson<CreateRun>>,
) -> ApiResult<Answer> {
    let answer = |run: &Run| Answer::created(format!("/api/tests/runs/{}", run.id), run);
    let creation = Creation::new(caller.id, key, &answer);
    let create = runs::create(&state, &caller, dataset, body.into(), &creation);
    Ok(creation.run(&state.pool, create).await?)
}

/// Runs over a data set
///
/// Newest first. For the data set's owner.
#[utoipa::path(
    get, path = "/api/tests/datasets/{id}/runs", tag = "runs",
    params(("id" = DatasetId, Path, description = "The data set's id."), PageQuery),
    responses(
        (status = 200, description = "The runs.", body = Page<RunSummary>),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(dataset): Path<DatasetId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<RunSummary>>> {
    let before = page.cursor()?;
    Ok(Json(runs::list(&state, &caller, dataset, &page, before).await?))
}

/// A run
///
/// How far it is, and how each target does up to now. For its owner.
#[utoipa::path(
    get, path = "/api/tests/runs/{id}", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id.")),
    responses((status = 200, description = "The run.", body = Run), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<RunId>,
) -> ApiResult<Json<Run>> {
    Ok(Json(runs::find(&state, &caller, id).await?))
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
    responses((status = 200, description = "The cells.", body = Page<Cell>), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn results(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<RunId>,
    Paged { page, filter }: Paged<ResultFilter>,
) -> ApiResult<Json<Page<Cell>>> {
    let after = page.cursor()?;
    let ResultFilter { target, status, passed, include } = filter;
    let filter = CellFilter { target, status, passed };
    Ok(Json(runs::cells(&state, &caller, id, (filter, include), &page, after).await?))
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
        (status = 200, description = "The differences.", body = RunComparison),
        Unauthorized,
        NotFound,
        Unprocessable,
    ),
    security(("bearer" = [])),
)]
async fn compare(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<RunId>,
    Query(query): Query<CompareQuery>,
) -> ApiResult<Json<RunComparison>> {
    Ok(Json(runs::compare(&state, &caller, id, query.to).await?))
}

/// Cancel a run
///
/// Ends every cell that is not over; those that are stay as they are. For its owner.
#[utoipa::path(
    post, path = "/api/tests/runs/{id}/cancel", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run as it is now.", body = Run),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<RunId>,
) -> ApiResult<Json<Run>> {
    Ok(Json(runs::cancel(&state, &caller, id).await?))
}
