//! `/prompts/{id}/versions/diff`: the differences of two versions.

use auth::MaybeUser;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Path, Query, openapi::Problems, problem::codes::TooBusy};
use ids::PromptId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{self, PromptText},
    error::codes::{ContentWithheld, PromptNotFound, VersionNotFound},
    service::versions,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(compare_versions))
}

#[derive(Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct DiffQuery {
    /// The number of the version before; the one before `to` unless given.
    #[garde(range(min = 1))]
    #[param(minimum = 1)]
    from: Option<i32>,
    /// The number of the version after, which may be the lower one; the newest unless given.
    #[garde(range(min = 1))]
    #[param(minimum = 1)]
    to: Option<i32>,
}

/// What changed between two versions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VersionDiffResponse {
    prompt_id: PromptId,
    from: i32,
    to: i32,
    /// The contents' differences as `diff -u` writes them; empty when they are equal.
    #[schema(example = "--- version 1\n+++ version 2\n@@ -1,2 +1,2 @@\n Dear\n-Ada\n+Grace\n")]
    unified: String,
    /// The same, stretch by stretch.
    hunks: Vec<HunkResponse>,
    fields: ChangedFields,
}

/// A stretch of changed lines of the content, with up to three lines before and after.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HunkResponse {
    /// The stretch's first line in the version before, from 1.
    old_start: usize,
    old_lines: usize,
    /// The stretch's first line in the version after, from 1.
    new_start: usize,
    new_lines: usize,
    /// Each begins with a space (in both), `-` (only before) or `+` (only after).
    /// `\ No newline at end of file` belongs to the line above it.
    #[schema(example = json!([" Dear", "-Ada", "+Grace"]))]
    lines: Vec<String>,
}

impl From<domain::Hunk> for HunkResponse {
    fn from(hunk: domain::Hunk) -> Self {
        Self {
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            lines: hunk.lines,
        }
    }
}

/// What else differs; fields that are equal in both versions are left out.
#[derive(Serialize, ToSchema)]
struct ChangedFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Change<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Change<Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Change<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Change<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Change<Option<String>>>,
}

/// A field before and after.
#[derive(Serialize, ToSchema)]
struct Change<T> {
    from: T,
    to: T,
}

impl<T: PartialEq> Change<T> {
    fn between(from: T, to: T) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }
}

impl ChangedFields {
    fn between(from: PromptText, to: PromptText) -> Self {
        Self {
            title: Change::between(from.title, to.title),
            description: Change::between(from.description, to.description),
            category: Change::between(from.category, to.category),
            tags: Change::between(from.tags, to.tags),
            model: Change::between(from.model, to.model),
        }
    }
}

/// Compare two versions
///
/// For whoever may read the content of both. Of very long and very different texts the diff is right
/// but may not be the shortest.
#[utoipa::path(
    get, path = "/prompts/{id}/versions/diff", tag = "versions",
    params(("id" = PromptId, Path, description = "The prompt's id."), DiffQuery),
    responses(
        (status = 200, description = "What changed.", body = VersionDiffResponse),
        Problems::<(ContentWithheld, PromptNotFound, VersionNotFound, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn compare_versions(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<PromptId>,
    Query(query): Query<DiffQuery>,
) -> ApiResult<Json<VersionDiffResponse>> {
    let diff = versions::diff(&state, caller.as_ref(), id, query.from, query.to).await?;
    Ok(Json(VersionDiffResponse {
        prompt_id: id,
        from: diff.from.version,
        to: diff.to.version,
        unified: diff.unified,
        hunks: diff.hunks.into_iter().map(HunkResponse::from).collect(),
        fields: ChangedFields::between(diff.from.text, diff.to.text),
    }))
}
