//! Data sets: rows of variables that prompts are run over.

use std::collections::BTreeMap;

use ids::DatasetId;
use pg::Timestamp;
use serde::Serialize;
use sqlx::{FromRow, types::Json};
use utoipa::ToSchema;

/// A data set ready to be stored.
#[derive(Debug)]
pub struct NewDataset {
    pub name: String,
    /// In order; their numbers count from 1.
    pub rows: Vec<NewRow>,
}

/// One row of it.
#[derive(Debug)]
pub struct NewRow {
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

/// One row of a data set, as stored.
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
pub struct RowItem {
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

impl From<DatasetRow> for RowItem {
    fn from(row: DatasetRow) -> Self {
        Self { number: row.number, variables: Some(row.variables.0), expected: row.expected }
    }
}
