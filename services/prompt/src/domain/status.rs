use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far along a prompt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Only its author reads it.
    Draft,
    Published,
    /// Still there for those who have its address; not listed.
    Archived,
}
