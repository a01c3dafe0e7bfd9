//! `/api/tests/datasets`: rows of variables that prompts are run over.

mod csv;

use std::collections::BTreeMap;

use auth::User;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use garde::Validate;
use http::{HeaderMap, StatusCode, header};
use http_kit::{
    ApiError, ApiResult, Json, Page, PageQuery, Path, Query, extract::buffer_body,
    openapi::Problems, text,
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::DatasetId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::heavy_json::HeavyJson;
use crate::{
    domain::{
        Dataset, DatasetRowItem, MAX_NAME_CHARS, MAX_ROWS, MAX_VARIABLES, NewDataset,
        NewDatasetRow, variable_name_problem,
    },
    error::codes,
    service::datasets,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_dataset, list_datasets))
        .routes(routes!(get_dataset, delete_dataset))
}

#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({
    "name": "Greetings",
    "rows": [
        {"variables": {"name": "Ada", "language": "French"}, "expected": "Bonjour, Ada."},
        {"variables": {"name": "Bob", "language": "German"}, "expected": "Hallo, Bob."},
    ],
}))]
struct CreateDataset {
    #[garde(length(chars, min = 1, max = 200), custom(text::visible), custom(text::one_line))]
    #[schema(min_length = 1, max_length = 200, pattern = "visible-line")]
    name: String,
    #[garde(length(min = 1, max = MAX_ROWS), dive)]
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<CreateDatasetRow>,
}

/// One row.
#[derive(Deserialize, Validate, ToSchema)]
struct CreateDatasetRow {
    /// For the placeholders of prompts.
    #[garde(length(max = MAX_VARIABLES), custom(variable_names))]
    variables: BTreeMap<String, String>,
    /// What the answer should be; also `{{expected}}` in assertions.
    #[garde(skip)]
    expected: Option<String>,
}

fn variable_names(variables: &BTreeMap<String, String>, _: &()) -> garde::Result {
    match variables.keys().find_map(|name| Some((name, variable_name_problem(name)?))) {
        Some((name, problem)) => {
            let shown = |c: char| if c.is_control() { ' ' } else { c };
            let start: String = name.chars().take(MAX_NAME_CHARS).map(shown).collect();
            Err(garde::Error::new(format!("“{start}”: {problem}")))
        }
        None => Ok(()),
    }
}

/// The body of a new data set, JSON or CSV.
struct DatasetBody(NewDataset);

/// The name of a data set from CSV, which has no place for it.
#[derive(Deserialize, Validate)]
struct CsvQuery {
    #[garde(length(chars, min = 1, max = 200), custom(text::visible), custom(text::one_line))]
    name: String,
}

impl FromRequest<AppState> for DatasetBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        if !is_csv(request.headers()) {
            let HeavyJson(body) = HeavyJson::<CreateDataset>::from_request(request, state).await?;
            let row = |row: CreateDatasetRow| NewDatasetRow {
                variables: row.variables,
                expected: row.expected,
            };
            let rows = body.rows.into_iter().map(row).collect();
            return Ok(Self(NewDataset { name: body.name, rows }));
        }
        let (mut parts, body) = request.into_parts();
        let Query(CsvQuery { name }) = Query::from_request_parts(&mut parts, state).await?;
        let bytes = buffer_body(Request::from_parts(parts, body)).await?;
        Ok(Self(NewDataset { name, rows: csv::read(bytes).await? }))
    }
}

fn is_csv(headers: &HeaderMap) -> bool {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = mime.and_then(|value| value.split(';').next());
    mime.is_some_and(|mime| mime.trim().eq_ignore_ascii_case("text/csv"))
}

/// Make a data set
///
/// From JSON, or from CSV: its first line names the variables, the column `expected` says what the
/// answer should be, and `?name=` what the data set is called. 1 MiB at most. For any signed-in user.
#[utoipa::path(
    post, path = "/api/tests/datasets", tag = "data sets",
    params(IdempotencyKeyHeader, (
        "name" = Option<String>, Query,
        description = "What the data set is called, if the body is CSV.",
        example = "Greetings",
    )),
    request_body(content(
        (CreateDataset = "application/json"),
        (String = "text/csv", example = "name,language,expected\nAda,French,\"Bonjour, Ada.\"\n"),
    )),
    responses(
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
    Keyed(key, DatasetBody(new)): Keyed<DatasetBody>,
) -> ApiResult<Answer> {
    let answer = |made: &Dataset| Answer::created(format!("/api/tests/datasets/{}", made.id), made);
    let creation = Creation::new(caller.id, key, &answer);
    Ok(creation.run(&state.pool, datasets::create(&state, &caller, new, &creation)).await?)
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
