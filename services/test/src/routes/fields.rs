//! The fields that request bodies of several endpoints share, and their rules.

use std::time::Duration;

use garde::Validate;
use grader::positive_zero;
use http::{HeaderMap, HeaderValue};
use http_kit::{ApiError, ApiResult, page::Include, text};
use ids::PromptId;
use model_client::ModelProvider;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::prefer::PREFERENCE_APPLIED;
use crate::domain::{PromptSource, Target, VersionRef};

/// What a list of tests carries.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncludeQuery {
    /// `content` asks for the contents, of which a page has 1 MiB at most: where they would pass that, the
    /// rest is null, and `contentTruncated` true.
    #[garde(skip)]
    #[param(inline)]
    pub include: Option<Include>,
}

/// A model, and how it is asked.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"modelProvider": "MOCK", "modelName": "mock", "temperature": 0}))]
pub struct TargetBody {
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
    seed: Option<i64>,
}

impl From<TargetBody> for Target {
    fn from(body: TargetBody) -> Self {
        Self {
            model_provider: body.model_provider,
            model_name: body.model_name,
            temperature: body.temperature,
            max_tokens: body.max_tokens,
            seed: body.seed,
        }
    }
}

/// Requires a field where `other` is absent.
pub fn at_least_one<T>(other: bool, name: &str) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    move |value, ()| match value {
        None if !other => Err(garde::Error::new(format!("give this or {name}"))),
        _ => Ok(()),
    }
}

/// Applies [`text::one_line`] whatever the context.
pub fn one_line<C>(value: &str, _: &C) -> garde::Result {
    text::one_line(value, &())
}

/// Allows text on any number of lines that is empty or visible.
pub fn visible_or_empty(value: &Option<String>, (): &()) -> garde::Result {
    let Some(value) = value else { return Ok(()) };
    text::several_lines(value, &()).and_then(|()| text::visible_or_empty(value, &()))
}

/// Requires exactly one of a field and `other`.
pub fn exactly_one<T>(other: bool, name: &str) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    move |value, ()| match (value.is_some(), other) {
        (true, true) => Err(garde::Error::new(format!("give either this or {name}, not both"))),
        (false, false) => Err(garde::Error::new(format!("give either this or {name}"))),
        _ => Ok(()),
    }
}

/// Refuses a field without another one that it needs.
pub fn only_with<T, C>(allowed: bool, name: &str) -> impl FnOnce(&Option<T>, &C) -> garde::Result {
    move |value, _| match value {
        Some(_) if !allowed => Err(garde::Error::new(format!("can only be given with {name}"))),
        _ => Ok(()),
    }
}

/// Refuses a field beside another one that excludes it.
pub fn without<T, C>(other: bool, name: &str) -> impl FnOnce(&Option<T>, &C) -> garde::Result {
    move |value, _| match value {
        Some(_) if other => Err(garde::Error::new(format!("cannot be given with {name}"))),
        _ => Ok(()),
    }
}

/// Allows the characters of labels, with which a label can go into a query string as it is.
pub fn label_chars<C>(value: &Option<String>, _: &C) -> garde::Result {
    match value {
        Some(text) if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)) => {
            Err(garde::Error::new("may only have letters, digits, '_', '.' and '-'"))
        }
        _ => Ok(()),
    }
}

/// Makes the reference to a version; the rules let through one of the two at most.
pub fn version_ref(version: Option<i32>, label: Option<String>) -> VersionRef {
    match (version, label) {
        (Some(version), _) => VersionRef::Number(version),
        (None, Some(label)) => VersionRef::Label(label),
        (None, None) => VersionRef::Latest,
    }
}

/// Makes the source of the prompt; the rules let through one of id and content at least.
pub fn prompt_source(
    id: Option<PromptId>,
    content: Option<String>,
    version: VersionRef,
) -> PromptSource {
    match (id, content) {
        (Some(id), None) => PromptSource::Prompt { id, version },
        (Some(id), Some(content)) => PromptSource::Draft { id, version, content },
        (None, content) => PromptSource::Content(content.unwrap_or_default()),
    }
}

/// Returns the header that names the applied wait.
pub fn preference_applied(wait: Option<Duration>) -> ApiResult<HeaderMap> {
    let mut headers = HeaderMap::new();
    if let Some(wait) = wait {
        let applied = format!("wait={}", wait.as_secs());
        headers.insert(&PREFERENCE_APPLIED, header_value(applied)?);
    }
    Ok(headers)
}

fn header_value(text: String) -> ApiResult<HeaderValue> {
    HeaderValue::try_from(text).map_err(ApiError::internal)
}
