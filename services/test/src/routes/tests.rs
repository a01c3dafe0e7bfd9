//! `/api/tests`: reading tests back.

use auth::User as Caller;
use axum::extract::State;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path,
    openapi::{Forbidden, NotFound, Unauthorized},
};
use ids::{PromptId, TestId, UserId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::parts::IncludeQuery;
use crate::{domain::Test, service, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find)).routes(routes!(of_prompt)).routes(routes!(of_user))
}

/// A test
///
/// For its owner and administrators.
#[utoipa::path(
    get, path = "/api/tests/{id}", tag = "tests",
    params(("id" = TestId, Path, description = "The test's id.")),
    responses((status = 200, description = "The test.", body = Test), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn find(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<TestId>,
) -> ApiResult<Json<Test>> {
    Ok(Json(service::find(&state, &caller, id).await?))
}

/// My tests of a prompt
///
/// Newest first, with previews of prompts and answers, or with both whole. For any signed-in user, their
/// own tests; for administrators everyone's.
#[utoipa::path(
    get, path = "/api/tests/prompt/{promptId}", tag = "tests",
    params(("promptId" = PromptId, Path, description = "The prompt's id."), IncludeQuery, PageQuery),
    responses((status = 200, description = "The tests.", body = Page<Test>), Unauthorized),
    security(("bearer" = [])),
)]
async fn of_prompt(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(prompt): Path<PromptId>,
    Paged { page, filter }: Paged<IncludeQuery>,
) -> ApiResult<Json<Page<Test>>> {
    let before = page.cursor()?;
    Ok(Json(service::of_prompt(&state, &caller, prompt, filter.include, &page, before).await?))
}

/// A user's tests
///
/// Newest first, with previews of prompts and answers, or with both whole. For that user and
/// administrators.
#[utoipa::path(
    get, path = "/api/tests/user/{userId}", tag = "tests",
    params(("userId" = UserId, Path, description = "The user's id."), IncludeQuery, PageQuery),
    responses((status = 200, description = "The tests.", body = Page<Test>), Unauthorized, Forbidden),
    security(("bearer" = [])),
)]
async fn of_user(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(user): Path<UserId>,
    Paged { page, filter }: Paged<IncludeQuery>,
) -> ApiResult<Json<Page<Test>>> {
    let before = page.cursor()?;
    Ok(Json(service::of_user(&state, &caller, user, filter.include, &page, before).await?))
}
