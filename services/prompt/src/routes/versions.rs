//! `/prompts/{id}/versions`: what a prompt was.

use auth::MaybeUser;
use axum::extract::State;
use http_kit::{ApiResult, Json, Page, PageQuery, Path, Query, openapi::NotFound};
use ids::{PromptId, UserId};
use pg::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain, service::reading, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(find))
}

/// One version of a prompt; it never changes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Version {
    prompt_id: PromptId,
    #[schema(minimum = 1)]
    version: i32,
    title: String,
    content: String,
    description: Option<String>,
    category: String,
    tags: Vec<String>,
    model: Option<String>,
    /// Who wrote this version.
    user_id: UserId,
    username: String,
    change_log: Option<String>,
    created_at: Timestamp,
}

impl From<domain::Version> for Version {
    fn from(version: domain::Version) -> Self {
        Self {
            prompt_id: version.prompt_id,
            version: version.version,
            title: version.text.title,
            content: version.text.content,
            description: version.text.description,
            category: version.text.category,
            tags: version.text.tags,
            model: version.text.model,
            user_id: version.user_id,
            username: version.username,
            change_log: version.change_log,
            created_at: version.created_at,
        }
    }
}

/// Versions of a prompt
///
/// Newest first. For whoever may read its content.
#[utoipa::path(
    get, path = "/prompts/{id}/versions", tag = "versions",
    params(("id" = PromptId, Path, description = "The prompt's id."), PageQuery),
    responses((status = 200, description = "A page of versions.", body = Page<Version>), NotFound),
    security((), ("bearer" = [])),
)]
async fn list(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<PromptId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Version>>> {
    let page = reading::versions(&state, caller.as_ref(), id, &page).await?;
    Ok(Json(page.map(Version::from)))
}

/// One version of a prompt
///
/// For whoever may read its content.
#[utoipa::path(
    get, path = "/prompts/{id}/versions/{version}", tag = "versions",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        ("version" = i32, Path, description = "The version's number, from 1.", minimum = 1),
    ),
    responses((status = 200, description = "The version.", body = Version), NotFound),
    security((), ("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path((id, version)): Path<(PromptId, i32)>,
) -> ApiResult<Json<Version>> {
    Ok(Json(reading::version(&state, caller.as_ref(), id, version).await?.into()))
}
