//! `/prompts`: writing and reading one.

use std::collections::HashSet;

use auth::{MaybeUser, User};
use axum::extract::State;
use garde::Validate;
use http::{Method, StatusCode};
use http_kit::{
    ApiError, ApiResult, Json, Path, Query,
    openapi::{Conflict, Forbidden, NotFound, PreconditionFailed, Unauthorized, Unprocessable},
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed};
use ids::PromptId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    etag::{IfMatch, Tagged, created, tagged},
    prompt::Prompt,
    version_query::VersionQuery,
    visitor::FromClient,
};
use crate::{
    domain::{self, Changes, NewPrompt, Status, Text, Visibility},
    repo::prompts::Editors,
    service::{prompts, reading},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(find, update, delete))
}

/// A tag, as it is described.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 50, pattern = "visible-line")]
#[expect(dead_code, reason = "a description has no values")]
struct Tag(String);

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreatePrompt {
    #[garde(custom(domain::line(3, 200)))]
    #[schema(
        min_length = 3,
        max_length = 200,
        pattern = "visible-line",
        example = "Code reviewer"
    )]
    title: String,
    /// `{{name}}` and `{{name:default}}` are placeholders.
    #[garde(custom(domain::content))]
    #[schema(
        min_length = 10,
        max_length = 100_000,
        pattern = "visible",
        example = "Review this {{language:Rust}} code as a strict but kind colleague:\n\n{{code}}"
    )]
    content: String,
    #[garde(inner(custom(domain::lines(0, 1000))))]
    #[schema(max_length = 1000, pattern = "several-lines")]
    description: Option<String>,
    #[garde(custom(domain::name))]
    #[schema(min_length = 1, max_length = 50, pattern = "visible-line", example = "Programming")]
    category: String,
    /// At most 10, each of at most 50 characters. They are one when they differ only in case.
    #[garde(custom(domain::tags))]
    #[serde(default)]
    #[schema(value_type = Vec<Tag>, max_items = 10, example = json!(["review", "rust"]))]
    tags: Vec<String>,
    /// `true` is `PUBLIC`, `false` is `PRIVATE`; must not contradict `visibility`.
    #[garde(skip)]
    is_public: Option<bool>,
    /// `PUBLIC` unless said otherwise.
    #[garde(skip)]
    visibility: Option<Visibility>,
    /// `PUBLISHED` unless said otherwise.
    #[garde(skip)]
    status: Option<Status>,
    /// The model it is written for.
    #[garde(inner(custom(domain::line(1, 100))))]
    #[schema(min_length = 1, max_length = 100, pattern = "visible-line", example = "gpt-4o-mini")]
    model: Option<String>,
    /// A note on this version.
    #[garde(inner(custom(domain::line(0, 500))))]
    #[schema(max_length = 500, pattern = "one-line", example = "First version")]
    change_log: Option<String>,
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpdatePrompt {
    #[garde(inner(custom(domain::line(3, 200))))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(min_length = 3, max_length = 200, pattern = "visible-line", nullable = false)]
    title: Option<String>,
    #[garde(inner(custom(domain::content)))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(min_length = 10, max_length = 100_000, pattern = "visible", nullable = false)]
    content: Option<String>,
    /// `null` clears it.
    #[garde(inner(inner(custom(domain::lines(0, 1000)))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, max_length = 1000, pattern = "several-lines")]
    description: Option<Option<String>>,
    #[garde(inner(custom(domain::name)))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(min_length = 1, max_length = 50, pattern = "visible-line", nullable = false)]
    category: Option<String>,
    #[garde(custom(domain::optional_tags))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(value_type = Option<Vec<Tag>>, max_items = 10, nullable = false)]
    tags: Option<Vec<String>>,
    /// `false` makes a `PUBLIC` prompt `PRIVATE` and leaves an `UNLISTED` one as it is.
    #[garde(skip)]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(nullable = false)]
    is_public: Option<bool>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(nullable = false)]
    visibility: Option<Visibility>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(nullable = false)]
    status: Option<Status>,
    /// `null` clears it.
    #[garde(inner(inner(custom(domain::line(1, 100)))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = "visible-line")]
    model: Option<Option<String>>,
    /// A note on the new version.
    #[garde(inner(custom(domain::line(0, 500))))]
    #[schema(max_length = 500, pattern = "one-line", example = "Shorter")]
    change_log: Option<String>,
}

fn visibility(
    visibility: Option<Visibility>,
    is_public: Option<bool>,
) -> ApiResult<Option<Visibility>> {
    Visibility::agreed(visibility, is_public)
        .ok_or_else(|| ApiError::invalid_field("isPublic", "contradicts visibility"))
}

fn trimmed(text: String) -> String {
    text.trim().to_owned()
}

/// Trimmed; an empty one is none.
fn optional(text: Option<String>) -> Option<String> {
    text.map(trimmed).filter(|text| !text.is_empty())
}

/// Trimmed, each once whatever its case, spelled as it is first, in the order given.
fn tags(tags: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::with_capacity(tags.len());
    tags.into_iter().map(trimmed).filter(|tag| seen.insert(tag.to_lowercase())).collect()
}

/// Create a prompt
///
/// For any signed-in user, who becomes its author. It starts with version 1.
#[utoipa::path(
    post, path = "/prompts", tag = "prompts",
    params(IdempotencyKeyHeader),
    request_body = CreatePrompt,
    responses(
        (status = 201, description = "Created.", body = Prompt,
            headers(("Location", description = "Its path."), ("ETag", description = "For `If-Match`."))),
        Unauthorized, Conflict, Unprocessable,
    ),
    security(("bearer" = [])),
)]
async fn create(
    State(state): State<AppState>,
    User(caller): User,
    Keyed(key, Json(body)): Keyed<Json<CreatePrompt>>,
) -> ApiResult<Answer> {
    let new = NewPrompt {
        visibility: visibility(body.visibility, body.is_public)?.unwrap_or(Visibility::Public),
        status: body.status.unwrap_or(Status::Published),
        text: Text {
            title: trimmed(body.title),
            content: body.content,
            description: optional(body.description),
            category: trimmed(body.category),
            tags: tags(body.tags),
            model: optional(body.model),
        },
        change_log: optional(body.change_log),
        forked_from: None,
    };
    // Asked for before the transaction that records the answer.
    let names = state.user_directory.names_of([caller.id]).await;
    let answer = |prompt: &domain::Prompt| created(prompt, &names);
    let creation = Creation::new(caller.id, key, &answer);
    Ok(creation.run(&state.pool, prompts::create(&state, &caller, new, &creation)).await?)
}

/// Read a prompt
///
/// Anyone may read a public or unlisted prompt; a private one only its author and an admin. Counts
/// as a view, unless the author looks: a viewer's views of one prompt within 30 minutes are one. `HEAD`
/// is none.
#[utoipa::path(
    get, path = "/prompts/{id}", tag = "prompts",
    params(("id" = PromptId, Path, description = "The prompt's id."), VersionQuery),
    responses(
        (status = 200, description = "The prompt.", body = Prompt,
            headers(("ETag", description = "For `If-Match`."))),
        NotFound,
    ),
    security((), ("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    method: Method,
    MaybeUser(caller): MaybeUser,
    FromClient(visitor): FromClient,
    Path(id): Path<PromptId>,
    Query(query): Query<VersionQuery>,
) -> ApiResult<Tagged> {
    let (caller, version) = (caller.as_ref(), query.meant()?);
    let prompt = match method {
        Method::HEAD => reading::find(&state, caller, id, version).await?,
        _ => reading::view(&state, caller, &visitor, id, version).await?,
    };
    tagged(&state, prompt).await
}

/// Update a prompt
///
/// For its author and admins. Absent fields stay as they are. A change of title, content,
/// description, category, tags or model is a new version. `If-Match` with the `ETag` last read
/// makes sure that nobody else's change is overwritten.
#[utoipa::path(
    put, path = "/prompts/{id}", tag = "prompts",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` last read.", pattern = "if-match",
            min_length = 1),
    ),
    request_body = UpdatePrompt,
    responses(
        (status = 200, description = "The prompt as it is now.", body = Prompt,
            headers(("ETag", description = "For `If-Match`."))),
        Unauthorized, Forbidden, NotFound, PreconditionFailed,
    ),
    security(("bearer" = [])),
)]
async fn update(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<PromptId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<UpdatePrompt>,
) -> ApiResult<Tagged> {
    let changes = Changes {
        title: body.title.map(trimmed),
        content: body.content,
        description: body.description.map(optional),
        category: body.category.map(trimmed),
        tags: body.tags.map(tags),
        model: body.model.map(optional),
        // `isPublic: false` alone asks only that it be not public.
        is_public: body.is_public,
        status: body.status,
        visibility: match (body.visibility, body.is_public) {
            (None, _) => None,
            (given, is_public) => visibility(given, is_public)?,
        },
        change_log: optional(body.change_log),
    };
    let editors = Editors::AuthorAndAdmins;
    let edited = prompts::edit(&state, &caller, editors, id, changes, expected.as_deref()).await?;
    tagged(&state, edited.prompt).await
}

/// Delete a prompt
///
/// For its author and admins. Its versions, likes, ratings and comments go with it; forks of it stay.
#[utoipa::path(
    delete, path = "/prompts/{id}", tag = "prompts",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` last read.", pattern = "if-match",
            min_length = 1),
    ),
    responses(
        (status = 204, description = "Deleted."),
        Unauthorized, Forbidden, NotFound, PreconditionFailed,
    ),
    security(("bearer" = [])),
)]
async fn delete(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<PromptId>,
    IfMatch(expected): IfMatch,
) -> ApiResult<StatusCode> {
    prompts::delete(&state, &caller, id, expected.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
