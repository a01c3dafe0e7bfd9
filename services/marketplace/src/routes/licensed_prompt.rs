//! `GET /api/marketplace/licenses/{id}/prompt`: reading a licensed prompt.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Path, Query, openapi::Problems};
use ids::{LicenseId, PromptId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{error::codes, service::licensed_prompt, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_licensed_prompt))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct VersionQuery {
    /// The newest, when left out.
    #[garde(range(min = 1))]
    #[param(minimum = 1)]
    version: Option<i32>,
}

/// A prompt, for who holds a licence to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LicensedPromptResponse {
    license_id: LicenseId,
    prompt_id: PromptId,
    /// Of what is shown.
    version: i32,
    /// The version that was bought: this one and newer ones may be read.
    licensed_version: i32,
    #[schema(example = "Code reviewer")]
    title: String,
    description: Option<String>,
    #[schema(example = "programming")]
    category: String,
    #[schema(example = "You review code. Be kind.")]
    content: String,
    /// Whether this is the copy that was taken when the prompt was listed, because the prompt itself
    /// cannot be had any more.
    is_copy: bool,
}

/// Read what was bought
///
/// For the licence's holder, while it is valid: the content in the licensed version or a newer one. If
/// the prompt was deleted, what was sold is still there: a copy of the licensed version.
#[utoipa::path(
    get, path = "/api/marketplace/licenses/{id}/prompt", tag = "licences",
    params(("id" = LicenseId, Path, description = "The licence's id."), VersionQuery),
    responses(
        (status = 200, description = "The prompt with its content.", body = LicensedPromptResponse),
        Problems::<(
            codes::LicenseNotFound, codes::LicenseNotValid, codes::VersionNotLicensed,
            codes::VersionNotFound, codes::PromptNotFound,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn get_licensed_prompt(
    State(state): State<AppState>,
    User(holder): User,
    Path(id): Path<LicenseId>,
    Query(query): Query<VersionQuery>,
) -> ApiResult<Json<LicensedPromptResponse>> {
    let (license, prompt) = licensed_prompt::read(&state, id, &holder, query.version).await?;
    Ok(Json(LicensedPromptResponse {
        license_id: license.id,
        prompt_id: license.prompt_id,
        version: prompt.version,
        licensed_version: license.prompt_version,
        title: prompt.title,
        description: prompt.description,
        category: prompt.category,
        content: prompt.content,
        is_copy: prompt.is_copy,
    }))
}
