//! `/api/tests/datasets`: rows of variables that prompts are run over.

mod body;
mod csv;

use auth::User;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use body::{CreateDataset, CreateQuery, DatasetBody};
use csv::{CsvRows, RowProblem};
use http::StatusCode;
use http_kit::{ApiResult, Json, Page, PageQuery, Path, Query, openapi::Problems};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::DatasetId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{Dataset, DatasetRowItem, variable_names_of},
    error::codes,
    service::datasets,
    state::AppState,
};

/// The rows that a dry run shows.
const PREVIEW_ROWS: usize = 20;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_dataset, list_datasets))
        .routes(routes!(get_dataset, delete_dataset))
}

/// The data set that would be stored, and the problems of its file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DatasetPreview {
    /// The names of the variables of its rows, sorted.
    #[schema(example = json!(["language", "name"]))]
    variables: Vec<String>,
    /// All rows, those with errors and those beyond the limit included.
    #[schema(example = 2)]
    row_count: usize,
    /// The first 20 rows without errors.
    rows: Vec<DatasetRowItem>,
    /// The problems of the CSV in the order of its lines, 100 at most; it is stored only without any.
    errors: Vec<RowProblem>,
    /// True when there are more errors than these.
    errors_truncated: bool,
}

impl From<CsvRows> for DatasetPreview {
    fn from(file: CsvRows) -> Self {
        let variables = variable_names_of(&file.rows);
        let rows = file.rows.into_iter().take(PREVIEW_ROWS).zip(1..);
        Self {
            variables,
            row_count: file.count,
            rows: rows
                .map(|(row, number)| DatasetRowItem {
                    number,
                    variables: Some(row.variables),
                    expected: row.expected,
                })
                .collect(),
            errors: file.problems,
            errors_truncated: file.has_more_problems,
        }
    }
}

/// Make a data set
///
/// From JSON, or from CSV: its first line names the variables, the column `expected` says what the
/// answer should be, and `?name=` what the data set is called. 1 MiB at most. With `?dryRun=true` nothing is
/// stored: the answer is what would be, and what is wrong with each line of CSV. For any signed-in user.
#[utoipa::path(
    post, path = "/api/tests/datasets", tag = "data sets",
    params(IdempotencyKeyHeader, (
        "name" = Option<String>, Query,
        description = "What the data set is called, if the body is CSV. A dry run needs none.",
        example = "Greetings",
    ), (
        "dryRun" = Option<bool>, Query,
        description = "Whether to store nothing, and to answer what would be stored.",
        example = false,
    )),
    request_body(content(
        (CreateDataset = "application/json"),
        (String = "text/csv", example = "name,language,expected\nAda,French,\"Bonjour, Ada.\"\n"),
    )),
    responses(
        (status = 200, description = "Not stored: a dry run.", body = DatasetPreview),
        (
            status = 201, description = "Made.", body = Dataset,
            headers(("Location" = String, description = "Where the data set is.")),
        ),
        Problems::<KeyProblems>,
    ),
    security(("bearer" = [])),
)]
async fn create_dataset(
    State(state): State<AppState>,
    User(caller): User,
    Query(CreateQuery { dry_run, .. }): Query<CreateQuery>,
    Keyed(key, body): Keyed<DatasetBody>,
) -> ApiResult<Response> {
    if dry_run {
        return Ok(Json(DatasetPreview::from(body.rows)).into_response());
    }
    let new = body.into_new()?;
    let answer = |made: &Dataset| Answer::created(format!("/api/tests/datasets/{}", made.id), made);
    let creation = Creation::new(caller.id, key, &answer);
    let create = datasets::create(&state, &caller, new, &creation);
    Ok(creation.run(&state.pool, create).await?.into_response())
}

/// My data sets
///
/// Newest first. For any signed-in user, their own.
#[utoipa::path(
    get, path = "/api/tests/datasets", tag = "data sets",
    params(PageQuery),
    responses(
        (status = 200, description = "The data sets.", body = Page<Dataset>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn list_datasets(
    State(state): State<AppState>,
    User(caller): User,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Dataset>>> {
    Ok(Json(datasets::list(&state, &caller, &page).await?))
}

/// A data set and a page of its rows.
#[derive(Serialize, ToSchema)]
struct DatasetResponse {
    #[serde(flatten)]
    dataset: Dataset,
    rows: Page<DatasetRowItem>,
}

/// A data set
///
/// With a page of its rows. For its owner.
#[utoipa::path(
    get, path = "/api/tests/datasets/{id}", tag = "data sets",
    params(("id" = DatasetId, Path, description = "The data set's id."), PageQuery),
    responses(
        (status = 200, description = "The data set.", body = DatasetResponse),
        Problems::<codes::DatasetNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_dataset(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<DatasetId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<DatasetResponse>> {
    let (dataset, rows) = datasets::find_with_rows(&state, &caller, id, &page).await?;
    Ok(Json(DatasetResponse { dataset, rows }))
}

/// Delete a data set
///
/// No run can begin over it any more. Runs that there are stay, and go on showing its rows. For its
/// owner.
#[utoipa::path(
    delete, path = "/api/tests/datasets/{id}", tag = "data sets",
    params(("id" = DatasetId, Path, description = "The data set's id.")),
    responses(
        (status = 204, description = "Deleted."),
        Problems::<codes::DatasetNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn delete_dataset(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<DatasetId>,
) -> ApiResult<StatusCode> {
    datasets::delete(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
