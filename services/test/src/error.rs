//! The errors of use cases, as one table: variant, status, code, text. A handler lists those that it answers by
//! [`codes`] and by the sets below.

use std::time::Duration;

use http_kit::{ApiError, page::CursorError};
use idempotency::KeyProblems;
use internal_api::{CallError, prompt::GetPromptRefusal};
use model_client::ModelProvider;
use template::Unresolved;

use crate::domain::MAX_PROMPT_BYTES;

http_kit::errors! {
    /// The reason that a use case was not carried out.
    pub enum ServiceError {
        TestNotFound = 404 TEST_NOT_FOUND "No such test.";
        PromptNotFound = 404 PROMPT_NOT_FOUND "No such prompt.";
        VersionNotFound = 404 VERSION_NOT_FOUND "This prompt has no such version.";
        LabelNotFound = 404 LABEL_NOT_FOUND "No version of this prompt has that label.";
        ContentWithheld = 403 LICENSE_REQUIRED
            "This prompt is premium: only those who hold a licence may test it.";
        NotYourTests = 403 FORBIDDEN
            "Only their owner and an administrator may see these tests.";
        TestOver = 409 TEST_OVER "This test is over: there is nothing to cancel.";
        NotYourTest = 403 FORBIDDEN "Only its owner may cancel a test.";
        /// `retry_after` lasts until the day (UTC) is over.
        DailyLimit { limit: i64, retry_after: Duration } = 429 DAILY_LIMIT_REACHED
            "Of your tests, at most {limit} a day are taken; a day ends at 00:00 UTC."
            .with_retry_after(retry_after);
        TooManyStreams { most: usize } = 429 TOO_MANY_STREAMS
            "You are following {most} tests already; stop following one first."
            .with_retry_after(Duration::from_secs(1));
        ComparisonNotFound = 404 COMPARISON_NOT_FOUND "No such comparison.";
        DatasetNotFound = 404 DATASET_NOT_FOUND "No such data set.";
        RunNotFound = 404 RUN_NOT_FOUND "No such run.";
        OtherRunNotFound = 422 RUN_NOT_COMPARABLE "There is no such run to compare with."
            .with_field("to", "is not a run of yours");
        OtherDataset = 422 RUN_NOT_COMPARABLE "Only runs over the same data set can be compared."
            .with_field("to", "is a run over another data set");
        RunTooLarge = 422 RUN_TOO_LARGE
            "A run has 10,000 cells at most (rows times targets), and 64 MiB of prompts and assertions.";
        BadRows { rows: Vec<BadRow> } = 422 ROWS_DO_NOT_FIT
            "Rows of the data set do not fit the prompt or the assertions."
            .with_fields(row_problems(rows));
        /// `text` is that of the first of `targets`.
        ModelUnknown { text: String, targets: Vec<BadTarget> } = 422 MODEL_UNKNOWN "{text}"
            .with_fields(target_problems(targets));
        /// `provider` is that of the first of `targets`.
        ProviderUnavailable { provider: ModelProvider, targets: Vec<BadTarget> }
            = 422 PROVIDER_UNAVAILABLE
            "The provider {provider} is not available here: it is not set up."
            .with_fields(target_problems(targets));
        PromptTooLong = 422 PROMPT_TOO_LONG
            "With its variables filled in the prompt is over {MAX_PROMPT_BYTES} bytes.";
        Unresolved { variables: Unresolved } = 422 VARIABLES_UNRESOLVED
            "The variables given are not those needed."
            .with_fields(variable_problems(&variables));
    } or {
        Call(#[from] CallError) => ApiError::from;
        Cursor(#[from] CursorError) => ApiError::from;
        Key(#[from] idempotency::Error) => ApiError::from;
        Database(#[from] sqlx::Error) => pg::api_error;
        Unwritable(#[from] serde_json::Error) => ApiError::internal;
        Panicked(#[from] tokio::task::JoinError) => ApiError::internal;
    }
}

/// The codes of a handler that reads the content of a prompt.
pub type PromptProblems =
    (codes::PromptNotFound, codes::VersionNotFound, codes::LabelNotFound, codes::ContentWithheld);

/// The codes of a handler that takes targets.
pub type TargetProblems = (codes::ModelUnknown, codes::ProviderUnavailable);

/// The codes of a handler that queues tests.
pub type QueueProblems = (
    KeyProblems,
    PromptProblems,
    TargetProblems,
    codes::Unresolved,
    codes::PromptTooLong,
    codes::DailyLimit,
);

/// A target that cannot be asked.
#[derive(Debug)]
pub struct BadTarget {
    /// Its index, when it is one of several.
    pub index: Option<usize>,
    pub refusal: TargetRefusal,
}

/// The reason that a target cannot be asked.
#[derive(Debug)]
pub enum TargetRefusal {
    Unavailable(ModelProvider),
    /// `listed` holds the models of the endpoint, where the settings list them.
    UnknownModel {
        provider: ModelProvider,
        listed: Vec<String>,
    },
    /// The endpoint is none of `OPENAI_COMPATIBLE`, whose names these are.
    UnknownEndpoint(Vec<String>),
}

/// A problem with one row of a data set.
#[derive(Debug)]
pub struct BadRow {
    /// Number of the row, from 1.
    pub number: i32,
    pub field: String,
    pub problem: String,
}

impl ServiceError {
    /// Makes the error of targets that cannot be asked: the first one gives code and text. `None` without any.
    pub fn bad_targets(targets: Vec<BadTarget>) -> Option<Self> {
        let text = match &targets.first()?.refusal {
            TargetRefusal::Unavailable(provider) => {
                return Some(Self::ProviderUnavailable { provider: *provider, targets });
            }
            TargetRefusal::UnknownModel { provider, listed } if listed.is_empty() => {
                format!("{provider} has no such model; GET /api/tests/providers lists them.")
            }
            TargetRefusal::UnknownModel { listed, .. } => {
                format!("This endpoint has no such model: it has {}.", first_names(listed))
            }
            TargetRefusal::UnknownEndpoint(names) => format!(
                "A model at an endpoint is named endpoint/model, and the endpoints are {}.",
                first_names(names)
            ),
        };
        Some(Self::ModelUnknown { text, targets })
    }
}

impl From<Unresolved> for ServiceError {
    fn from(variables: Unresolved) -> Self {
        Self::Unresolved { variables }
    }
}

impl From<CallError<GetPromptRefusal>> for ServiceError {
    fn from(error: CallError<GetPromptRefusal>) -> Self {
        match error.into_refusal() {
            Ok(GetPromptRefusal::PromptNotFound) => Self::PromptNotFound,
            Ok(GetPromptRefusal::VersionNotFound) => Self::VersionNotFound,
            Ok(GetPromptRefusal::LabelNotFound) => Self::LabelNotFound,
            Err(error) => Self::Call(error),
        }
    }
}

/// Names each variable that is missing, and each that has no use.
fn variable_problems(unresolved: &Unresolved) -> Vec<(String, &'static str)> {
    let field = |name: &String| format!("variables.{name}");
    let missing = unresolved.missing.iter().map(|name| (field(name), "is missing"));
    let unknown = unresolved.unknown.iter();
    let unknown =
        unknown.map(|name| (field(name), "is used neither by the prompt nor by the system prompt"));
    missing.chain(unknown).collect()
}

/// Names each row that does not fit.
fn row_problems(rows: Vec<BadRow>) -> impl Iterator<Item = (String, String)> {
    rows.into_iter().map(|BadRow { number, field, problem }| {
        let field = format!("rows[{}].{field}", number.saturating_sub(1));
        (field, format!("row {number}: {problem}"))
    })
}

/// Names each target that cannot be asked.
fn target_problems(targets: Vec<BadTarget>) -> impl Iterator<Item = (String, String)> {
    targets.into_iter().map(|BadTarget { index, refusal }| {
        let (field, problem) = match refusal {
            TargetRefusal::Unavailable(_) => ("modelProvider", "is not available".to_owned()),
            TargetRefusal::UnknownModel { listed, .. } if listed.is_empty() => {
                ("modelName", "is not a model of this provider".to_owned())
            }
            TargetRefusal::UnknownModel { listed, .. } => {
                ("modelName", format!("is not one of {}", first_names(&listed)))
            }
            TargetRefusal::UnknownEndpoint(names) => (
                "modelName",
                format!("must begin with an endpoint and a slash: {}", first_names(&names)),
            ),
        };
        let place = index.map(|i| format!("targets[{i}].")).unwrap_or_default();
        (format!("{place}{field}"), problem)
    })
}

/// Lists the first of many names in a sentence.
fn first_names(names: &[String]) -> String {
    const MOST: usize = 20;
    let mut text = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(", …");
    }
    text
}
