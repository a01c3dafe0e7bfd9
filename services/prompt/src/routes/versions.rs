//! `/prompts/{id}/versions`: listing, reading and restoring versions.

use auth::{MaybeUser, User};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use garde::Validate;
use http::{StatusCode, header};
use http_kit::{
    ApiError, ApiResult, Json, Page, PageQuery, Paged, Path, openapi::Problems, page::Include,
    problem::codes::TooBusy,
};
use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    etag::{IfMatch, prompt_with_etag},
    prompt_response::PromptResponse,
};
use crate::{
    domain::VersionSummary,
    error::codes::{Changed, ContentWithheld, NotTheAuthor, PromptNotFound, VersionNotFound},
    service::versions,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_versions))
        .routes(routes!(get_version))
        .routes(routes!(restore_version))
}

/// One version of a prompt; only its labels change.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VersionResponse {
    prompt_id: PromptId,
    #[schema(minimum = 1)]
    version: i32,
    title: String,
    /// `null` in lists, unless `include=content` asks for it.
    content: Option<String>,
    /// The first 200 characters of the content.
    content_preview: String,
    description: Option<String>,
    category: String,
    tags: Vec<String>,
    model: Option<String>,
    /// `latest` is on the newest.
    labels: Vec<String>,
    /// Who wrote this version.
    user_id: UserId,
    username: String,
    change_log: Option<String>,
    created_at: Timestamp,
}

impl VersionResponse {
    fn new(version: VersionSummary, labels: Vec<String>) -> Self {
        Self {
            prompt_id: version.prompt_id,
            version: version.version,
            title: version.title,
            content: version.content,
            content_preview: version.content_preview,
            description: version.description,
            category: version.category,
            tags: version.tags,
            model: version.model,
            labels,
            user_id: version.user_id,
            username: version.username,
            change_log: version.change_log,
            created_at: version.created_at,
        }
    }

    /// Returns the forms of a list's item, from the shortest: without the fields that can be long, without
    /// the content, and with it if it was fetched.
    fn forms(mut version: VersionSummary, labels: Vec<String>) -> Vec<Self> {
        let content = version.content.take();
        let brief = Self::new(version, labels);
        let whole = content.map(|content| Self { content: Some(content), ..brief.clone() });
        let shortest =
            Self { description: None, change_log: None, labels: Vec::new(), ..brief.clone() };
        [Some(shortest), Some(brief), whole].into_iter().flatten().collect()
    }
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct VersionsQuery {
    /// Asks for the contents, of which a page has at most 1 MiB.
    #[garde(skip)]
    #[param(inline)]
    include: Option<Include>,
}

/// Versions of a prompt
///
/// Newest first. For whoever may read its content: others than its author, admins and licence holders
/// see those that everyone could read while they were the newest.
#[utoipa::path(
    get, path = "/prompts/{id}/versions", tag = "versions",
    params(("id" = PromptId, Path, description = "The prompt's id."), PageQuery, VersionsQuery),
    responses(
        (status = 200, description = "A page of versions.", body = Page<VersionResponse>),
        Problems::<(ContentWithheld, PromptNotFound, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_versions(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(id): Path<PromptId>,
    Paged { page, filter }: Paged<VersionsQuery>,
) -> ApiResult<Json<Page<VersionResponse>>> {
    let (prompt, page) = versions::list(&state, caller.as_ref(), id, &page, filter.include).await?;
    let forms = |version: VersionSummary| {
        let labels = prompt.labels_of(version.version);
        VersionResponse::forms(version, labels)
    };
    Ok(Json(page.fit(forms).map_err(ApiError::internal)?))
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
        (status = 200, description = "The version.", body = VersionResponse),
        Problems::<(ContentWithheld, PromptNotFound, VersionNotFound)>,
    ),
    security((), ("bearer" = [])),
)]
async fn get_version(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path((id, version)): Path<(PromptId, i32)>,
) -> ApiResult<Json<VersionResponse>> {
    let (prompt, version) = versions::find(&state, caller.as_ref(), id, version).await?;
    let labels = prompt.labels_of(version.version);
    Ok(Json(VersionResponse::new(version.into(), labels)))
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
        ("If-Match" = Option<String>, Header, description = "The `ETag` last read.", pattern = "if-match",
            min_length = 1),
    ),
    responses(
        (status = 201, description = "The prompt, with its new version.", body = PromptResponse,
            headers(("Location", description = "The new version's path."),
                    ("ETag", description = "For `If-Match`."))),
        (status = 200, description = "The prompt, which was that already.", body = PromptResponse,
            headers(("ETag", description = "For `If-Match`."))),
        Problems::<(NotTheAuthor, PromptNotFound, VersionNotFound, Changed)>,
    ),
    security(("bearer" = [])),
)]
async fn restore_version(
    State(state): State<AppState>,
    User(caller): User,
    Path((id, version)): Path<(PromptId, i32)>,
    IfMatch(expected): IfMatch,
) -> ApiResult<Response> {
    let updated = versions::restore(&state, &caller, id, version, expected.as_deref()).await?;
    let location = format!("/prompts/{id}/versions/{}", updated.prompt.version);
    let answer = prompt_with_etag(&state, updated.prompt).await?;
    Ok(match updated.new_version {
        true => (StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response(),
        false => answer.into_response(),
    })
}
