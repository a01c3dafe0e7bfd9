//! The body of a new data set, as JSON or CSV.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, FromRequestParts, Request};
use garde::Validate;
use http::{HeaderMap, header};
use http_kit::{ApiError, ApiResult, Query, extract::buffer_body, problem::FieldErrors, text};
use serde::Deserialize;
use utoipa::ToSchema;

use super::csv::{self, CsvRows};
use crate::{
    domain::{
        MAX_NAME_CHARS, MAX_ROWS, MAX_VARIABLES, NewDataset, NewDatasetRow, variable_name_problem,
    },
    routes::heavy_json::HeavyJson,
    state::AppState,
};

#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({
    "name": "Greetings",
    "rows": [
        {"variables": {"name": "Ada", "language": "French"}, "expected": "Bonjour, Ada."},
        {"variables": {"name": "Bob", "language": "German"}, "expected": "Hallo, Bob."},
    ],
}))]
pub struct CreateDataset {
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
pub struct DatasetBody {
    /// Null for a dry run of CSV without one.
    name: Option<String>,
    pub rows: CsvRows,
}

/// The parameters of a creation: the name of a data set from CSV, which has no place for it, and `dryRun`, with
/// which nothing is stored.
#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
pub struct CreateQuery {
    #[garde(inner(
        length(chars, min = 1, max = 200),
        custom(text::visible),
        custom(text::one_line)
    ))]
    name: Option<String>,
    #[garde(skip)]
    #[serde(default)]
    pub dry_run: bool,
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
            let rows: Vec<_> = body.rows.into_iter().map(row).collect();
            let rows = CsvRows { count: rows.len(), rows, ..CsvRows::default() };
            return Ok(Self { name: Some(body.name), rows });
        }
        let (mut parts, body) = request.into_parts();
        let Query(CreateQuery { name, .. }) = Query::from_request_parts(&mut parts, state).await?;
        let bytes = buffer_body(Request::from_parts(parts, body)).await?;
        Ok(Self { name, rows: csv::read(bytes).await? })
    }
}

impl DatasetBody {
    /// Returns the data set to store.
    ///
    /// # Errors
    /// 400 with every bad line and column, or without a name.
    pub fn into_new(self) -> ApiResult<NewDataset> {
        let rows = self.rows.into_rows()?;
        let unnamed = || {
            let is_required = vec!["is required".to_owned()];
            ApiError::invalid(FieldErrors::from([("name".to_owned(), is_required)]))
        };
        Ok(NewDataset { name: self.name.ok_or_else(unnamed)?, rows })
    }
}

fn is_csv(headers: &HeaderMap) -> bool {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = mime.and_then(|value| value.split(';').next());
    mime.is_some_and(|mime| mime.trim().eq_ignore_ascii_case("text/csv"))
}
