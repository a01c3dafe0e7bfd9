//! `GET /api/marketplace/licenses/{id}/prompt`: what was bought.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Path, Query,
    openapi::{Forbidden, NotFound, Unauthorized},
};
use ids::{LicenseId, PromptId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{service::content, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read))
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
struct LicensedPrompt {
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
        (status = 200, description = "The prompt with its content.", body = LicensedPrompt),
        Unauthorized,
        Forbidden,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn read(
    State(state): State<AppState>,
    User(holder): User,
    Path(id): Path<LicenseId>,
    Query(query): Query<VersionQuery>,
) -> ApiResult<Json<LicensedPrompt>> {
    let (license, content) = content::read(&state, id, &holder, query.version).await?;
    Ok(Json(LicensedPrompt {
        license_id: license.id,
        prompt_id: license.prompt_id,
        version: content.version,
        licensed_version: license.prompt_version,
        title: content.title,
        description: content.description,
        category: content.category,
        content: content.content,
        is_copy: content.is_copy,
    }))
}
