//! `/prompts/{id}/labels`: names for versions.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use http_kit::{ApiError, ApiResult, Json, Path, openapi::Problems};
use ids::PromptId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{InvalidLabel, Label},
    error::{
        ServiceError,
        codes::{
            LabelNotFound, LabelReserved, NotTheAuthor, PromptNotFound, TooManyLabels,
            VersionNotFound,
        },
    },
    service::labels,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(set_label, remove_label))
}

#[derive(Deserialize, Validate, ToSchema)]
struct LabelVersion {
    /// The number of the version that is to have the label.
    #[garde(range(min = 1))]
    #[schema(minimum = 1, example = 1)]
    version: i32,
}

/// A label and the version that has it.
#[derive(Serialize, ToSchema)]
struct LabelResponse {
    #[schema(example = "production")]
    label: String,
    #[schema(minimum = 1)]
    version: i32,
}

/// Parses the label in a path.
fn parse_label(text: String) -> ApiResult<Label> {
    Label::parse(text).map_err(|error| match error {
        InvalidLabel::Malformed => {
            ApiError::invalid_field("label", "must be 1 to 50 letters, digits, '.', '_' and '-'")
        }
        InvalidLabel::Reserved => ServiceError::LabelReserved.into(),
    })
}

/// Label a version
///
/// For the prompt's author. A label is on one version at a time: it is taken from the one that had
/// it. `latest` is always on the newest version and cannot be set. A prompt has at most 50 labels.
#[utoipa::path(
    put, path = "/prompts/{id}/labels/{label}", tag = "versions",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        ("label" = String, Path, description = "Letters, digits, `.`, `_` and `-`.",
            min_length = 1, max_length = 50, pattern = "^[A-Za-z0-9._-]+$", example = "production"),
    ),
    request_body = LabelVersion,
    responses(
        (status = 200, description = "The version has the label.", body = LabelResponse),
        Problems::<(
            NotTheAuthor, PromptNotFound, VersionNotFound, TooManyLabels, LabelReserved,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn set_label(
    State(state): State<AppState>,
    User(caller): User,
    Path((id, name)): Path<(PromptId, String)>,
    Json(body): Json<LabelVersion>,
) -> ApiResult<Json<LabelResponse>> {
    let label = parse_label(name)?;
    labels::set(&state, &caller, id, &label, body.version).await?;
    Ok(Json(LabelResponse { label: label.as_str().to_owned(), version: body.version }))
}

/// Remove a label
///
/// For the prompt's author.
#[utoipa::path(
    delete, path = "/prompts/{id}/labels/{label}", tag = "versions",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        ("label" = String, Path, description = "The label.", min_length = 1, max_length = 50,
            pattern = "^[A-Za-z0-9._-]+$", example = "production"),
    ),
    responses(
        (status = 204, description = "No version has the label any more."),
        Problems::<(NotTheAuthor, PromptNotFound, LabelNotFound, LabelReserved)>,
    ),
    security(("bearer" = [])),
)]
async fn remove_label(
    State(state): State<AppState>,
    User(caller): User,
    Path((id, name)): Path<(PromptId, String)>,
) -> ApiResult<StatusCode> {
    labels::remove(&state, &caller, id, &parse_label(name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
