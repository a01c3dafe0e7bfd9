//! Data sets: rows of variables that prompts are run over, and the rules for their names.

use std::collections::{BTreeMap, BTreeSet};

use ids::DatasetId;
use serde::Serialize;
use sqlx::{FromRow, types::Json};
use timestamp::Timestamp;
use utoipa::ToSchema;

/// The most rows of a data set.
pub const MAX_ROWS: usize = 1_000;
/// The most variables of a row.
pub const MAX_VARIABLES: usize = 100;
/// The most characters of a variable's name.
pub const MAX_NAME_CHARS: usize = 100;
/// The column, and the placeholder in assertions, of the expected answer.
pub const EXPECTED: &str = "expected";

/// A data set ready to be stored.
#[derive(Debug)]
pub struct NewDataset {
    pub name: String,
    /// The rows in order; their numbers count from 1.
    pub rows: Vec<NewDatasetRow>,
}

/// A row of a data set ready to be stored.
#[derive(Debug)]
pub struct NewDatasetRow {
    pub variables: BTreeMap<String, String>,
    pub expected: Option<String>,
}

/// A data set without its rows.
#[derive(Debug, Serialize, FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    pub id: DatasetId,
    #[schema(example = "Greetings")]
    pub name: String,
    /// The names of the variables of its rows, sorted; null where the page of a list has no room for them.
    #[schema(example = json!(["language", "name"]))]
    pub variables: Option<Vec<String>>,
    #[schema(example = 2)]
    pub row_count: i32,
    pub created_at: Timestamp,
}

/// A row of a data set, as stored.
#[derive(Debug, FromRow)]
pub struct DatasetRow {
    /// From 1.
    pub number: i32,
    pub variables: Json<BTreeMap<String, String>>,
    pub expected: Option<String>,
}

/// One row of a data set, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatasetRowItem {
    /// From 1.
    #[schema(example = 1)]
    pub number: i32,
    /// Null, as is `expected`, where the page has no room for them.
    #[schema(example = json!({"name": "Ada", "language": "French"}))]
    pub variables: Option<BTreeMap<String, String>>,
    /// What the answer should be.
    #[schema(example = "Bonjour, Ada.")]
    pub expected: Option<String>,
}

impl From<DatasetRow> for DatasetRowItem {
    fn from(row: DatasetRow) -> Self {
        Self { number: row.number, variables: Some(row.variables.0), expected: row.expected }
    }
}

/// Returns the names of the variables that some of the rows have, sorted.
pub fn variable_names_of(rows: &[NewDatasetRow]) -> Vec<String> {
    let names: BTreeSet<&String> = rows.iter().flat_map(|row| row.variables.keys()).collect();
    names.into_iter().cloned().collect()
}

/// Returns what keeps a name from being that of a placeholder, or what confuses it with [`EXPECTED`].
pub fn variable_name_problem(name: &str) -> Option<String> {
    match name {
        "" => Some("a variable must have a name".to_owned()),
        EXPECTED => Some("is not a variable: give it beside them".to_owned()),
        _ if name.chars().count() > MAX_NAME_CHARS => {
            Some(format!("a name has {MAX_NAME_CHARS} characters at most"))
        }
        _ if !template::is_name(name) => Some(
            "cannot be the name of a placeholder: these have letters, digits, `_`, `-`, `.`, and \
             single spaces inside"
                .to_owned(),
        ),
        _ => None,
    }
}
