//! `/prompts` and `/prompts/{id}`: creating, reading, changing and deleting a prompt.

use auth::User;
use axum::{extract::State, response::Response};
use http::{Method, StatusCode};
use http_kit::{ApiResult, Json, Path, Query, openapi::Problems};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::PromptId;
use read_cache::{JsonAnswer, Reader};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    etag::{IfMatch, IfNoneMatchHeader, PromptWithETag, created_prompt, prompt_with_etag},
    prompt_requests::{CreatePrompt, UpdatePrompt},
    prompt_response::PromptResponse,
    version_query::VersionQuery,
    viewer::CurrentViewer,
};
use crate::{
    domain::{Editors, Prompt},
    error::codes::{Changed, LabelNotFound, NotTheAuthor, PromptNotFound, VersionNotFound},
    service::{prompts, reading},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_prompt)).routes(routes!(
        get_prompt,
        update_prompt,
        delete_prompt
    ))
}

/// Create a prompt
///
/// For any signed-in user, who becomes its author. It starts with version 1.
#[utoipa::path(
    post, path = "/prompts", tag = "prompts",
    params(IdempotencyKeyHeader),
    request_body = CreatePrompt,
    responses(
        (status = 201, description = "Created.", body = PromptResponse,
            headers(("Location", description = "Its path."), ("ETag", description = "For `If-Match`."))),
        Problems::<KeyProblems>,
    ),
    security(("bearer" = [])),
)]
async fn create_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Keyed(key, Json(body)): Keyed<Json<CreatePrompt>>,
) -> ApiResult<Answer> {
    let new = body.into_new_prompt()?;
    // Looked up before the transaction that records the answer.
    let names = state.user_directory.names_of([caller.id]).await;
    let answer = |prompt: &Prompt| created_prompt(prompt, &names);
    let creation = Creation::new(caller.id, key, &answer);
    Ok(creation.run(&state.pool, prompts::create(&state, &caller, new, &creation)).await?)
}

/// Read a prompt
///
/// Anyone may read a public or unlisted prompt; a private one only its author and an admin. Counts
/// as a view, unless the author looks: a viewer's views of one prompt within 30 minutes are one. `HEAD`
/// is none. The `ETag` covers all that the answer shows this caller; `If-None-Match` with it is answered 304.
#[utoipa::path(
    get, path = "/prompts/{id}", tag = "prompts",
    params(
        ("id" = PromptId, Path, description = "The prompt's id."),
        VersionQuery,
        IfNoneMatchHeader,
    ),
    responses(
        (status = 200, description = "The prompt.", body = PromptResponse,
            headers(("ETag", description = "For `If-None-Match`, and for `If-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(PromptNotFound, VersionNotFound, LabelNotFound)>,
    ),
    security((), ("bearer" = [])),
)]
async fn get_prompt(
    State(state): State<AppState>,
    method: Method,
    CurrentViewer(caller, viewer): CurrentViewer,
    Path(id): Path<PromptId>,
    Query(query): Query<VersionQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let (caller, version) = (caller.as_ref(), query.into_version_ref()?);
    let view = match method {
        Method::HEAD => reading::view(&state, caller, id, version).await?,
        _ => reading::view_and_count(&state, caller, &viewer, id, version).await?,
    };
    let serialize = async |prompt: Prompt| {
        let revision = prompt.revision;
        Ok(JsonAnswer::with_revision(revision, &PromptResponse::load(&state, prompt).await?)?)
    };
    Ok(reader.answer(view.into_answer(serialize).await?))
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
        (status = 200, description = "The prompt as it is now.", body = PromptResponse,
            headers(("ETag", description = "For `If-Match`."))),
        Problems::<(NotTheAuthor, PromptNotFound, Changed)>,
    ),
    security(("bearer" = [])),
)]
async fn update_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<PromptId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<UpdatePrompt>,
) -> ApiResult<PromptWithETag> {
    let changes = body.into_changes()?;
    let editors = Editors::AuthorAndAdmins;
    let updated =
        prompts::update(&state, &caller, editors, id, changes, expected.as_deref()).await?;
    prompt_with_etag(&state, updated.prompt).await
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
        Problems::<(NotTheAuthor, PromptNotFound, Changed)>,
    ),
    security(("bearer" = [])),
)]
async fn delete_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<PromptId>,
    IfMatch(expected): IfMatch,
) -> ApiResult<StatusCode> {
    prompts::delete(&state, &caller, id, expected.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
