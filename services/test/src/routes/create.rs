//! `POST /api/tests`: asking for a test.

use std::collections::BTreeMap;

use auth::User as Caller;
use axum::extract::State;
use garde::Validate;
use grader::{Assertion, AssertionList, positive_zero};
use http::HeaderMap;
use http_kit::{
    ApiResult,
    openapi::{Conflict, Forbidden, NotFound, TooManyRequests, Unauthorized, Unprocessable},
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed};
use ids::PromptId;
use model_client::ModelProvider;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::HeavyJson,
    parts::{applied, label_chars, one_line, only_with, pick, some, source, without},
};
use crate::{
    domain::{Target, Test, TestRequest},
    prefer::Wait,
    service,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create))
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
struct CreateTest {
    /// The prompt to test, or with which the test is kept where `promptContent` is given too; one of
    /// the two must be.
    #[garde(custom(some(self.prompt_content.is_some(), "promptContent")))]
    prompt_id: Option<PromptId>,
    /// What to test instead of the prompt's own content, or without a prompt.
    #[garde(
        length(chars, min = 1, max = 100_000),
        custom(some(self.prompt_id.is_some(), "promptId"))
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

impl From<CreateTest> for TestRequest {
    fn from(body: CreateTest) -> Self {
        Self {
            source: source(body.prompt_id, body.prompt_content, pick(body.version, body.label)),
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
    request_body = CreateTest,
    params(IdempotencyKeyHeader, (
        "Prefer" = Option<String>, Header,
        description = "`wait=n`: wait up to n seconds (30 at most) for the finished test.",
        example = "wait=10",
    )),
    responses(
        (
            status = 201, description = "Queued; it will be run whatever happens here.", body = Test,
            headers(
                ("Location" = String, description = "Where the test is."),
                ("Preference-Applied" = String, description = "The wait that was kept to."),
            ),
        ),
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
        Unprocessable,
        TooManyRequests,
    ),
    security(("bearer" = [])),
)]
async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Wait(wait): Wait,
    Keyed(key, HeavyJson(body)): Keyed<HeavyJson<CreateTest>>,
) -> ApiResult<(HeaderMap, Answer)> {
    let answer = |test: &Test| Answer::created(format!("/api/tests/{}", test.id), test);
    let creation = Creation::new(caller.id, key, &answer);
    let create = service::create(&state, &caller, body.into(), wait, &creation);
    Ok((applied(wait)?, creation.run(&state.pool, create).await?))
}
