//! `/api/tests`: creating, reading and cancelling single prompt tests.

use std::collections::BTreeMap;

use auth::User;
use axum::extract::State;
use garde::Validate;
use grader::{Assertion, AssertionList, positive_zero};
use http::HeaderMap;
use http_kit::{ApiResult, Json, Page, PageQuery, Paged, Path, openapi::Problems};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed};
use ids::{PromptId, TestId, UserId};
use model_client::ModelProvider;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    fields::{
        IncludeQuery, at_least_one, label_chars, one_line, only_with, preference_applied,
        prompt_source, version_ref, without,
    },
    heavy_json::HeavyJson,
    prefer::Wait,
};
use crate::{
    domain::{PromptTest, PromptTestRequest, Target},
    error::{QueueProblems, codes},
    service::prompt_tests,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_prompt_test))
        .routes(routes!(get_prompt_test))
        .routes(routes!(list_tests_of_prompt))
        .routes(routes!(list_tests_of_user))
        .routes(routes!(cancel_prompt_test))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "promptContent": "Say hello to {{name}} in {{language:English}}.",
    "variables": {"name": "Ada"},
    "modelProvider": "MOCK",
    "modelName": "mock",
    "assertions": [{"type": "icontains", "value": "hello"}],
}))]
struct CreatePromptTest {
    /// The prompt to test, or with which the test is kept where `promptContent` is given too; one of
    /// the two must be.
    #[garde(custom(at_least_one(self.prompt_content.is_some(), "promptContent")))]
    prompt_id: Option<PromptId>,
    /// What to test instead of the prompt's own content, or without a prompt.
    #[garde(
        length(chars, min = 1, max = 100_000),
        custom(at_least_one(self.prompt_id.is_some(), "promptId"))
    )]
    #[schema(min_length = 1, max_length = 100_000)]
    prompt_content: Option<String>,
    /// The version of the prompt; the latest by default.
    #[garde(range(min = 1), custom(only_with(self.prompt_id.is_some(), "promptId")))]
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// The label of the version, instead of its number.
    #[garde(
        length(bytes, min = 1, max = 50),
        custom(label_chars),
        custom(only_with(self.prompt_id.is_some(), "promptId")),
        custom(without(self.version.is_some(), "version"))
    )]
    #[schema(min_length = 1, max_length = 50, pattern = "^[A-Za-z0-9_.-]+$")]
    label: Option<String>,
    /// For the `{{name}}` placeholders of the prompt and the system prompt; each must be given unless it
    /// has a default.
    #[garde(length(max = 100))]
    variables: Option<BTreeMap<String, String>>,
    /// Its placeholders are filled in as the prompt's are.
    #[garde(length(chars, max = 100_000))]
    #[schema(max_length = 100_000)]
    system_prompt: Option<String>,
    #[garde(skip)]
    model_provider: ModelProvider,
    #[garde(length(chars, min = 1, max = 200), custom(one_line))]
    #[schema(min_length = 1, max_length = 200, pattern = "one-line")]
    model_name: String,
    /// The model's own default when absent.
    #[serde(default, deserialize_with = "positive_zero")]
    #[garde(range(min = 0.0, max = 2.0))]
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f64>,
    /// The longest answer wanted.
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_tokens: Option<i32>,
    /// Asks for the same answer again, of models that know how.
    #[garde(skip)]
    #[schema(example = 7)]
    seed: Option<i64>,
    /// What the answer must be; the test is then graded.
    #[garde(dive)]
    #[schema(value_type = Option<Vec<Assertion>>, max_items = 50)]
    assertions: Option<AssertionList<Assertion>>,
}

impl From<CreatePromptTest> for PromptTestRequest {
    fn from(body: CreatePromptTest) -> Self {
        Self {
            source: prompt_source(
                body.prompt_id,
                body.prompt_content,
                version_ref(body.version, body.label),
            ),
            variables: body.variables.unwrap_or_default(),
            system_prompt: body.system_prompt,
            target: Target {
                model_provider: body.model_provider,
                model_name: body.model_name,
                temperature: body.temperature,
                max_tokens: body.max_tokens,
                seed: body.seed,
            },
            assertions: body.assertions.map(|list| list.0).unwrap_or_default(),
        }
    }
}

/// Test a prompt
///
/// Queues a test and answers at once; with `Prefer: wait=n` answers when the test is over, or as it
/// stands after n seconds. For any signed-in user, on any prompt whose content they may read; so many
/// tests a day (UTC) each, and so many running at once: the rest waits its turn.
#[utoipa::path(
    post, path = "/api/tests", tag = "tests",
    request_body = CreatePromptTest,
    params(IdempotencyKeyHeader, (
        "Prefer" = Option<String>, Header,
        description = "`wait=n`: wait up to n seconds (30 at most) for the finished test.",
        example = "wait=10",
    )),
    responses(
        (
            status = 201, description = "Queued; it will be run whatever happens here.", body = PromptTest,
            headers(
                ("Location" = String, description = "Where the test is."),
                ("Preference-Applied" = String, description = "The wait that was kept to."),
            ),
        ),
        Problems::<QueueProblems>,
    ),
    security(("bearer" = [])),
)]
async fn create_prompt_test(
    State(state): State<AppState>,
    User(caller): User,
    Wait(wait): Wait,
    Keyed(key, HeavyJson(body)): Keyed<HeavyJson<CreatePromptTest>>,
) -> ApiResult<(HeaderMap, Answer)> {
    let answer = |test: &PromptTest| Answer::created(format!("/api/tests/{}", test.id), test);
    let creation = Creation::new(caller.id, key, &answer);
    let create = prompt_tests::create(&state, &caller, body.into(), wait, &creation);
    Ok((preference_applied(wait)?, creation.run(&state.pool, create).await?))
}

/// A test
///
/// For its owner and administrators.
#[utoipa::path(
    get, path = "/api/tests/{id}", tag = "tests",
    params(("id" = TestId, Path, description = "The test's id.")),
    responses(
        (status = 200, description = "The test.", body = PromptTest),
        Problems::<codes::TestNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_prompt_test(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<TestId>,
) -> ApiResult<Json<PromptTest>> {
    Ok(Json(prompt_tests::find(&state, &caller, id).await?))
}

/// My tests of a prompt
///
/// Newest first, with previews of prompts and answers, or with both whole. For any signed-in user, their
/// own tests; for administrators everyone's.
#[utoipa::path(
    get, path = "/api/tests/prompt/{promptId}", tag = "tests",
    params(("promptId" = PromptId, Path, description = "The prompt's id."), IncludeQuery, PageQuery),
    responses(
        (status = 200, description = "The tests.", body = Page<PromptTest>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn list_tests_of_prompt(
    State(state): State<AppState>,
    User(caller): User,
    Path(prompt): Path<PromptId>,
    Paged { page, filter }: Paged<IncludeQuery>,
) -> ApiResult<Json<Page<PromptTest>>> {
    Ok(Json(prompt_tests::list_of_prompt(&state, &caller, prompt, filter.include, &page).await?))
}

/// A user's tests
///
/// Newest first, with previews of prompts and answers, or with both whole. For that user and
/// administrators.
#[utoipa::path(
    get, path = "/api/tests/user/{userId}", tag = "tests",
    params(("userId" = UserId, Path, description = "The user's id."), IncludeQuery, PageQuery),
    responses(
        (status = 200, description = "The tests.", body = Page<PromptTest>),
        Problems::<codes::NotYourTests>,
    ),
    security(("bearer" = [])),
)]
async fn list_tests_of_user(
    State(state): State<AppState>,
    User(caller): User,
    Path(user): Path<UserId>,
    Paged { page, filter }: Paged<IncludeQuery>,
) -> ApiResult<Json<Page<PromptTest>>> {
    Ok(Json(prompt_tests::list_of_user(&state, &caller, user, filter.include, &page).await?))
}

/// Cancel a test
///
/// Whether it waits or runs: it ends `CANCELLED`. What came of its answer is kept, marked by
/// `responseIncomplete`, with tokens and cost as estimated. Cancelling it again changes nothing. For its
/// owner only.
#[utoipa::path(
    post, path = "/api/tests/{id}/cancel", tag = "tests",
    params(("id" = TestId, Path, description = "The test's id.")),
    responses(
        (status = 200, description = "Cancelled.", body = PromptTest),
        Problems::<(codes::TestNotFound, codes::NotYourTest, codes::TestOver)>,
    ),
    security(("bearer" = [])),
)]
async fn cancel_prompt_test(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<TestId>,
) -> ApiResult<Json<PromptTest>> {
    Ok(Json(prompt_tests::cancel(&state, &caller, id).await?))
}
