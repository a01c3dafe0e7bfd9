//! `/api/tests/datasets`: rows of variables that prompts are run over.

use std::collections::BTreeMap;

use auth::User as Caller;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use garde::Validate;
use http::{HeaderMap, StatusCode, header};
use http_kit::{
    ApiError, ApiResult, Json, Page, PageQuery, Path, Query,
    extract::read_whole,
    openapi::{Conflict, NotFound, Unauthorized, Unprocessable},
    text,
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed};
use ids::DatasetId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{body::HeavyJson, csv_body};
use crate::{
    domain::{Dataset, NewDataset, NewRow, RowItem},
    service::datasets,
    state::AppState,
};

pub const MAX_ROWS: usize = 1_000;
pub const MAX_VARIABLES: usize = 100;
/// Characters of a variable's name.
const MAX_NAME: usize = 100;
/// The column, and the placeholder in assertions, of what the answer should be.
pub const EXPECTED: &str = "expected";

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(find, delete))
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
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2060-\\u2065\\u206a-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffc][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    name: String,
    #[garde(length(min = 1, max = MAX_ROWS), dive)]
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<RowBody>,
}

/// One row.
#[derive(Deserialize, Validate, ToSchema)]
struct RowBody {
    /// For the placeholders of prompts.
    #[garde(length(max = MAX_VARIABLES), custom(names))]
    variables: BTreeMap<String, String>,
    /// What the answer should be; also `{{expected}}` in assertions.
    #[garde(skip)]
    expected: Option<String>,
}

fn names(variables: &BTreeMap<String, String>, _: &()) -> garde::Result {
    match variables.keys().find_map(|name| Some((name, name_problem(name)?))) {
        Some((name, problem)) => {
            let shown = |c: char| if c.is_control() { ' ' } else { c };
            let start: String = name.chars().take(MAX_NAME).map(shown).collect();
            Err(garde::Error::new(format!("“{start}”: {problem}")))
        }
        None => Ok(()),
    }
}

/// What keeps a name from being that of a placeholder, or from being told from what is expected.
pub fn name_problem(name: &str) -> Option<String> {
    match name {
        "" => Some("a variable must have a name".to_owned()),
        EXPECTED => Some("is not a variable: give it beside them".to_owned()),
        _ if name.chars().count() > MAX_NAME => {
            Some(format!("a name has {MAX_NAME} characters at most"))
        }
        _ if !template::is_name(name) => Some(
            "cannot be the name of a placeholder: these have letters, digits, `_`, `-`, `.`, and \
             single spaces inside"
                .to_owned(),
        ),
        _ => None,
    }
}

/// A new data set, from JSON or CSV.
struct Body(NewDataset);

/// The name, where the body has no place for it.
#[derive(Deserialize, Validate)]
struct CsvQuery {
    #[garde(length(chars, min = 1, max = 200), custom(text::visible), custom(text::one_line))]
    name: String,
}

impl FromRequest<AppState> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        if !is_csv(request.headers()) {
            let HeavyJson(body) = HeavyJson::<CreateDataset>::from_request(request, state).await?;
            let row = |row: RowBody| NewRow { variables: row.variables, expected: row.expected };
            let rows = body.rows.into_iter().map(row).collect();
            return Ok(Self(NewDataset { name: body.name, rows }));
        }
        let (mut parts, body) = request.into_parts();
        let Query(CsvQuery { name }) = Query::from_request_parts(&mut parts, state).await?;
        let bytes = read_whole(Request::from_parts(parts, body)).await?;
        Ok(Self(NewDataset { name, rows: csv_body::read(bytes).await? }))
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
        Unauthorized,
        Conflict,
        Unprocessable,
    ),
    security(("bearer" = [])),
)]
async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Keyed(key, Body(new)): Keyed<Body>,
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
    responses((status = 200, description = "The data sets.", body = Page<Dataset>), Unauthorized),
    security(("bearer" = [])),
)]
async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Dataset>>> {
    let before = page.cursor()?;
    Ok(Json(datasets::list(&state, &caller, &page, before).await?))
}

/// A data set and a page of its rows.
#[derive(Serialize, ToSchema)]
struct DatasetWithRows {
    #[serde(flatten)]
    dataset: Dataset,
    rows: Page<RowItem>,
}

/// A data set
///
/// With a page of its rows. For its owner.
#[utoipa::path(
    get, path = "/api/tests/datasets/{id}", tag = "data sets",
    params(("id" = DatasetId, Path, description = "The data set's id."), PageQuery),
    responses(
        (status = 200, description = "The data set.", body = DatasetWithRows),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<DatasetId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<DatasetWithRows>> {
    let after = page.cursor()?;
    let dataset = datasets::find(&state, &caller, id).await?;
    let rows = datasets::rows(&state, &dataset, &page, after).await?;
    Ok(Json(DatasetWithRows { dataset, rows }))
}

/// Delete a data set
///
/// No run can begin over it any more. Runs that there are stay, and go on showing its rows. For its
/// owner.
#[utoipa::path(
    delete, path = "/api/tests/datasets/{id}", tag = "data sets",
    params(("id" = DatasetId, Path, description = "The data set's id.")),
    responses((status = 204, description = "Deleted."), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<DatasetId>,
) -> ApiResult<StatusCode> {
    datasets::delete(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
