//! `/prompts/{id}/render`: filling in a prompt's placeholders.

use std::collections::BTreeMap;

use auth::MaybeUser;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Path, openapi::Problems, problem::codes::TooBusy};
use ids::PromptId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::version_query::version_ref;
use crate::{
    error::codes::{
        ContentWithheld, LabelNotFound, PromptNotFound, RenderedTooLong, VariablesUnresolved,
        VersionNotFound,
    },
    service::versions,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(render_prompt))
}

#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({"variables": {"language": "Rust", "code": "fn main() {}"}}))]
struct RenderPrompt {
    /// A value for each name; one with a default may be left out.
    #[garde(skip)]
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// A version's number; the newest when neither it nor a label is given.
    #[garde(range(min = 1))]
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// A version's label, such as `latest`; not beside `version`.
    #[garde(length(chars, max = 50))]
    #[schema(max_length = 50)]
    label: Option<String>,
}

/// A prompt's content, filled in.
#[derive(Serialize, ToSchema)]
struct RenderedPromptResponse {
    content: String,
    #[schema(minimum = 1)]
    version: i32,
}

/// Fill a prompt in
///
/// For whoever may read its content. A 422 names, under `errors`, every variable that is missing and
/// every one given that the prompt does not have; or the filled-in text would be longer than 1 MiB.
#[utoipa::path(
    post, path = "/prompts/{id}/render", tag = "prompts",
    params(("id" = PromptId, Path, description = "The prompt's id.")),
    request_body = RenderPrompt,
    responses(
        (status = 200, description = "The content, filled in.", body = RenderedPromptResponse),
        Problems::<(
            ContentWithheld, PromptNotFound, VersionNotFound, LabelNotFound, VariablesUnresolved,
            RenderedTooLong, TooBusy,
        )>,
    ),
    security((), ("bearer" = [])),
)]
async fn render_prompt(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<PromptId>,
    Json(body): Json<RenderPrompt>,
) -> ApiResult<Json<RenderedPromptResponse>> {
    let version = version_ref(body.version, body.label)?;
    let rendered = versions::render(&state, caller.as_ref(), id, version, body.variables).await?;
    Ok(Json(RenderedPromptResponse { content: rendered.content, version: rendered.version }))
}
