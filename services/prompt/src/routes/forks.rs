//! `/prompts/{id}/fork`: copying a prompt into a new one.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Path, openapi::Problems};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::PromptId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{etag::created_prompt, prompt_response::PromptResponse, version_query::version_ref};
use crate::{
    domain::{self, Visibility},
    error::codes::{ContentWithheld, LabelNotFound, PremiumFork, PromptNotFound, VersionNotFound},
    service::forks::{self, ForkOptions},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(fork_prompt))
}

#[derive(Default, Deserialize, Validate, ToSchema)]
#[schema(example = json!({"title": "Code reviewer, in French", "visibility": "PUBLIC"}))]
struct ForkPrompt {
    /// A version's number; the newest when neither it nor a label is given.
    #[garde(range(min = 1))]
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// A version's label, such as `latest`; not beside `version`.
    #[garde(length(chars, max = 50))]
    #[schema(max_length = 50)]
    label: Option<String>,
    /// The same title, unless given.
    #[garde(inner(custom(domain::line(3, 200))))]
    #[schema(min_length = 3, max_length = 200, pattern = "visible-line")]
    title: Option<String>,
    /// That of the forked prompt unless given; `PRIVATE` where that is premium.
    #[garde(skip)]
    visibility: Option<Visibility>,
}

/// Fork a prompt
///
/// For any signed-in user who may read its content; a premium prompt is forked by its author only.
/// The copy is the caller's, with a version 1 of its own, and says what it was forked from. The body
/// may be left out.
#[utoipa::path(
    post, path = "/prompts/{id}/fork", tag = "prompts",
    params(("id" = PromptId, Path, description = "The prompt's id."), IdempotencyKeyHeader),
    request_body = Option<ForkPrompt>,
    responses(
        (status = 201, description = "The new prompt.", body = PromptResponse,
            headers(("Location", description = "Its path."), ("ETag", description = "For `If-Match`."))),
        Problems::<(
            ContentWithheld, PremiumFork, PromptNotFound, VersionNotFound, LabelNotFound,
            KeyProblems,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn fork_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<PromptId>,
    Keyed(key, body): Keyed<Option<Json<ForkPrompt>>>,
) -> ApiResult<Answer> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let options = ForkOptions {
        version: version_ref(body.version, body.label)?,
        title: body.title.map(|title| title.trim().to_owned()),
        visibility: body.visibility,
    };
    // Looked up before the transaction that records the answer.
    let names = state.user_directory.names_of([caller.id]).await;
    let answer = |prompt: &domain::Prompt| created_prompt(prompt, &names);
    let creation = Creation::new(caller.id, key, &answer);
    Ok(creation.run(&state.pool, forks::fork(&state, &caller, id, options, &creation)).await?)
}
