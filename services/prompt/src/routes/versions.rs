//! `/prompts/{id}/versions`: what a prompt was.

use auth::{MaybeUser, User};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use http_kit::{
    ApiResult, Json, Page, PageQuery, Path, Query,
    openapi::{Forbidden, NotFound, PreconditionFailed, Unauthorized},
};
use ids::{PromptId, UserId};
use pg::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    etag::{IfMatch, tagged},
    prompt::Prompt,
};
use crate::{
    domain,
    service::{reading, versions},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(find)).routes(routes!(restore))
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
    responses(
        (status = 200, description = "A page of versions.", body = Page<Version>),
        Forbidden, NotFound,
    ),
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
    responses(
        (status = 200, description = "The version.", body = Version),
        Forbidden, NotFound,
    ),
    security((), ("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path((id, version)): Path<(PromptId, i32)>,
) -> ApiResult<Json<Version>> {
    Ok(Json(reading::version(&state, caller.as_ref(), id, version).await?.into()))
}

/// Restore a version
///
/// For the prompt's author. The prompt becomes what that version was, as a new version. Where it is
/// that already, there is none.
#[utoipa::path(
    post, path = "/prompts/{id}/versions/{version}/restore", tag = "versions",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        ("version" = i32, Path, description = "The version's number, from 1.", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 201, description = "The prompt, with its new version.", body = Prompt,
            headers(("Location", description = "The new version's path."),
                    ("ETag", description = "For `If-Match`."))),
        (status = 200, description = "The prompt, which was that already.", body = Prompt,
            headers(("ETag", description = "For `If-Match`."))),
        Unauthorized, Forbidden, NotFound, PreconditionFailed,
    ),
    security(("bearer" = [])),
)]
async fn restore(
    State(state): State<AppState>,
    User(caller): User,
    Path((id, version)): Path<(PromptId, i32)>,
    IfMatch(expected): IfMatch,
) -> ApiResult<Response> {
    let edited = versions::restore(&state, &caller, id, version, expected.as_deref()).await?;
    let location = format!("/prompts/{id}/versions/{}", edited.prompt.version);
    let answer = tagged(&state, edited.prompt).await;
    Ok(match edited.new_version {
        true => (StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response(),
        false => answer.into_response(),
    })
}
