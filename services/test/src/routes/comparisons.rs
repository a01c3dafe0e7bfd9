//! `/api/tests/comparisons`: one prompt tested against several targets, side by side.

use std::collections::BTreeMap;

use auth::User;
use axum::extract::State;
use garde::Validate;
use grader::{Assertion, AssertionList, positive_zero};
use http::HeaderMap;
use http_kit::{ApiResult, Json, Page, PageQuery, Paged, Path, openapi::Problems, text};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, Keyed, NoBody};
use ids::{ComparisonId, PromptId};
use model_client::ModelProvider;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    fields::{
        exactly_one, label_chars, one_line, only_with, preference_applied, version_ref,
        visible_or_empty, without,
    },
    heavy_json::HeavyJson,
    prefer::Wait,
};
use crate::{
    domain::{Comparison, ComparisonDefinition, ComparisonSummary, ComparisonTarget, Target},
    error::{QueueProblems, codes},
    service::comparisons,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_comparison, list_comparisons))
        .routes(routes!(get_comparison))
        .routes(routes!(repeat_comparison))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "name": "Warm or cold",
    "promptContent": "Say hello to {{name}}.",
    "variables": {"name": "Ada"},
    "targets": [
        {"modelProvider": "MOCK", "modelName": "mock", "temperature": 0},
        {"modelProvider": "MOCK", "modelName": "mock-slow", "temperature": 1},
    ],
    "assertions": [{"type": "icontains", "value": "hello"}],
}))]
struct CreateComparison {
    #[garde(length(chars, min = 1, max = 200), custom(text::visible), custom(text::one_line))]
    #[schema(min_length = 1, max_length = 200, pattern = "visible-line")]
    name: String,
    #[garde(length(chars, max = 5_000), custom(visible_or_empty))]
    #[schema(max_length = 5_000)]
    notes: Option<String>,
    /// The prompt to test; either this or `promptContent`.
    #[garde(custom(exactly_one(self.prompt_content.is_some(), "promptContent")))]
    prompt_id: Option<PromptId>,
    /// What to test; either this or `promptId`.
    #[garde(
        length(chars, min = 1, max = 100_000),
        custom(exactly_one(self.prompt_id.is_some(), "promptId"))
    )]
    #[schema(min_length = 1, max_length = 100_000)]
    prompt_content: Option<String>,
    /// For the `{{name}}` placeholders of the prompt and the system prompt; each must be given unless it
    /// has a default.
    #[garde(length(max = 100))]
    variables: Option<BTreeMap<String, String>>,
    /// Its placeholders are filled in as the prompt's are.
    #[garde(length(chars, max = 100_000))]
    #[schema(max_length = 100_000)]
    system_prompt: Option<String>,
    /// Whom to ask. The same model may come more than once: with other settings, or another version
    /// of the prompt.
    #[garde(length(min = 2, max = 10), dive(self.prompt_id.is_some()))]
    #[schema(min_items = 2, max_items = 10)]
    targets: Vec<ComparisonTargetBody>,
    /// What each answer must be.
    #[garde(dive)]
    #[schema(value_type = Option<Vec<Assertion>>, max_items = 50)]
    assertions: Option<AssertionList<Assertion>>,
}

/// A model, how it is asked, and which version of the prompt it is sent.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[garde(context(bool as of_prompt))]
struct ComparisonTargetBody {
    #[garde(skip)]
    model_provider: ModelProvider,
    #[garde(length(chars, min = 1, max = 200), custom(one_line))]
    #[schema(min_length = 1, max_length = 200, pattern = "one-line", example = "mock")]
    model_name: String,
    /// The version of the prompt; the latest by default.
    #[garde(range(min = 1), custom(only_with(*of_prompt, "promptId")))]
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// The label of the version, instead of its number.
    #[garde(
        length(bytes, min = 1, max = 50),
        custom(label_chars),
        custom(only_with(*of_prompt, "promptId")),
        custom(without(self.version.is_some(), "version"))
    )]
    #[schema(min_length = 1, max_length = 50, pattern = "^[A-Za-z0-9_.-]+$")]
    label: Option<String>,
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
    seed: Option<i64>,
}

impl From<ComparisonTargetBody> for ComparisonTarget {
    fn from(body: ComparisonTargetBody) -> Self {
        Self {
            target: Target {
                model_provider: body.model_provider,
                model_name: body.model_name,
                temperature: body.temperature,
                max_tokens: body.max_tokens,
                seed: body.seed,
            },
            version: version_ref(body.version, body.label),
        }
    }
}

impl From<CreateComparison> for ComparisonDefinition {
    fn from(body: CreateComparison) -> Self {
        Self {
            name: body.name,
            notes: body.notes,
            prompt_id: body.prompt_id,
            prompt_content: body.prompt_content,
            variables: body.variables.unwrap_or_default(),
            system_prompt: body.system_prompt,
            targets: body.targets.into_iter().map(ComparisonTarget::from).collect(),
            assertions: body.assertions.map(|list| list.0).unwrap_or_default(),
        }
    }
}

/// Compare targets
///
/// Queues a test for each target, or for none when any of them cannot be asked, and answers at once;
/// with `Prefer: wait=n` answers when all are over, or as they stand after n seconds. For any
/// signed-in user, on any prompt whose content they may read.
#[utoipa::path(
    post, path = "/api/tests/comparisons", tag = "comparisons",
    request_body = CreateComparison,
    params(IdempotencyKeyHeader, (
        "Prefer" = Option<String>, Header,
        description = "`wait=n`: wait up to n seconds (30 at most) for all answers.",
        example = "wait=10",
    )),
    responses(
        (
            status = 201, description = "Queued.", body = Comparison,
            headers(
                ("Location" = String, description = "Where the comparison is."),
                ("Preference-Applied" = String, description = "The wait that was kept to."),
            ),
        ),
        Problems::<QueueProblems>,
    ),
    security(("bearer" = [])),
)]
async fn create_comparison(
    State(state): State<AppState>,
    User(caller): User,
    Wait(wait): Wait,
    Keyed(key, HeavyJson(body)): Keyed<HeavyJson<CreateComparison>>,
) -> ApiResult<(HeaderMap, Answer)> {
    let creation = Creation::new(caller.id, key, &created);
    let definition = body.into();
    let create = comparisons::create(&state, &caller, definition, None, wait, &creation);
    Ok((preference_applied(wait)?, creation.run(&state.pool, create).await?))
}

/// A comparison
///
/// For its owner.
#[utoipa::path(
    get, path = "/api/tests/comparisons/{id}", tag = "comparisons",
    params(("id" = ComparisonId, Path, description = "The comparison's id.")),
    responses(
        (status = 200, description = "The targets side by side.", body = Comparison),
        Problems::<codes::ComparisonNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_comparison(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<ComparisonId>,
) -> ApiResult<Json<Comparison>> {
    Ok(Json(comparisons::find(&state, &caller, id).await?))
}

/// Repeat a comparison
///
/// Makes a new one that asks the same: a label, and the latest version, mean what they mean by now.
/// For its owner.
#[utoipa::path(
    post, path = "/api/tests/comparisons/{id}/repeat", tag = "comparisons",
    params(
        ("id" = ComparisonId, Path, description = "The comparison's id."),
        IdempotencyKeyHeader,
        (
            "Prefer" = Option<String>, Header,
            description = "`wait=n`: wait up to n seconds (30 at most) for all answers.",
            example = "wait=10",
        ),
    ),
    responses(
        (
            status = 201, description = "Queued.", body = Comparison,
            headers(
                ("Location" = String, description = "Where the new comparison is."),
                ("Preference-Applied" = String, description = "The wait that was kept to."),
            ),
        ),
        Problems::<(QueueProblems, codes::ComparisonNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn repeat_comparison(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<ComparisonId>,
    Wait(wait): Wait,
    Keyed(key, NoBody): Keyed<NoBody>,
) -> ApiResult<(HeaderMap, Answer)> {
    let creation = Creation::new(caller.id, key, &created);
    let repeat = comparisons::repeat(&state, &caller, id, wait, &creation);
    Ok((preference_applied(wait)?, creation.run(&state.pool, repeat).await?))
}

fn created(comparison: &Comparison) -> Result<Answer, idempotency::Error> {
    Answer::created(format!("/api/tests/comparisons/{}", comparison.id), comparison)
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ComparisonFilter {
    /// Only comparisons on this prompt.
    #[garde(skip)]
    prompt_id: Option<PromptId>,
}

/// My comparisons
///
/// Newest first. For any signed-in user, their own.
#[utoipa::path(
    get, path = "/api/tests/comparisons", tag = "comparisons",
    params(ComparisonFilter, PageQuery),
    responses(
        (status = 200, description = "The comparisons.", body = Page<ComparisonSummary>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn list_comparisons(
    State(state): State<AppState>,
    User(caller): User,
    Paged { page, filter }: Paged<ComparisonFilter>,
) -> ApiResult<Json<Page<ComparisonSummary>>> {
    let list = comparisons::list(&state, &caller, filter.prompt_id, &page).await?;
    Ok(Json(list))
}
