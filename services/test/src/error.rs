use http::{HeaderValue, StatusCode, header};
use http_kit::ApiError;
use internal_api::{CallError, prompt::GetPromptRefusal};
use model_client::ModelProvider;
use template::Unresolved;

use crate::domain::MAX_PROMPT_BYTES;

/// The reason that a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("no such test")]
    TestNotFound,
    #[error("no such prompt")]
    PromptNotFound,
    #[error("the prompt has no such version")]
    VersionNotFound,
    #[error("no version of the prompt has that label")]
    LabelNotFound,
    #[error("the prompt is premium, and the caller holds no licence")]
    ContentWithheld,
    #[error("someone else's tests")]
    NotYourTests,
    #[error("the test is over")]
    TestOver,
    #[error("someone else's test")]
    NotYourTest,
    /// `retry_after` in seconds: until the day (UTC) is over.
    #[error("{limit} tests were asked for today")]
    DailyLimit { limit: i64, retry_after: u64 },
    #[error("{0} streams are open")]
    TooManyStreams(usize),
    #[error("no such comparison")]
    ComparisonNotFound,
    #[error("no such data set")]
    DatasetNotFound,
    #[error("no such run")]
    RunNotFound,
    #[error("no such run to compare with")]
    OtherRunNotFound,
    #[error("the other run is over another data set")]
    OtherDataset,
    #[error("the run has too many cells, or too much text in them")]
    RunTooLarge,
    #[error("rows do not fit the prompt or the assertions")]
    BadRows(Vec<BadRow>),
    #[error("targets cannot be asked")]
    BadTargets(Vec<BadTarget>),
    #[error("an answer cannot be written as JSON")]
    Unwritable(#[from] serde_json::Error),
    #[error("a task of ours broke down")]
    Broken(#[source] tokio::task::JoinError),
    #[error("the prompt is too long once its variables are filled in")]
    PromptTooLong,
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Key(#[from] idempotency::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A target that cannot be asked.
#[derive(Debug)]
pub struct BadTarget {
    /// Its index, when it is one of several.
    pub index: Option<usize>,
    pub refusal: TargetRefusal,
}

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

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Key(error) => error.into(),
            ServiceError::TestNotFound => ApiError::not_found("TEST_NOT_FOUND", "No such test."),
            ServiceError::PromptNotFound => {
                ApiError::not_found("PROMPT_NOT_FOUND", "No such prompt.")
            }
            ServiceError::VersionNotFound => {
                ApiError::not_found("VERSION_NOT_FOUND", "This prompt has no such version.")
            }
            ServiceError::LabelNotFound => {
                ApiError::not_found("LABEL_NOT_FOUND", "No version of this prompt has that label.")
            }
            ServiceError::ContentWithheld => ApiError::new(
                StatusCode::FORBIDDEN,
                "LICENSE_REQUIRED",
                "This prompt is premium: only those who hold a licence may test it.",
            ),
            ServiceError::NotYourTests => {
                ApiError::forbidden("Only their owner and an administrator may see these tests.")
            }
            ServiceError::ComparisonNotFound => {
                ApiError::not_found("COMPARISON_NOT_FOUND", "No such comparison.")
            }
            ServiceError::DatasetNotFound => {
                ApiError::not_found("DATASET_NOT_FOUND", "No such data set.")
            }
            ServiceError::RunNotFound => ApiError::not_found("RUN_NOT_FOUND", "No such run."),
            ServiceError::OtherRunNotFound => ApiError::unprocessable(
                "RUN_NOT_COMPARABLE",
                "There is no such run to compare with.",
            )
            .with_field("to", "is not a run of yours"),
            ServiceError::OtherDataset => ApiError::unprocessable(
                "RUN_NOT_COMPARABLE",
                "Only runs over the same data set can be compared.",
            )
            .with_field("to", "is a run over another data set"),
            ServiceError::TestOver => {
                ApiError::conflict("TEST_OVER", "This test is over: there is nothing to cancel.")
            }
            ServiceError::NotYourTest => ApiError::forbidden("Only its owner may cancel a test."),
            ServiceError::DailyLimit { limit, retry_after } => too_many(
                "DAILY_LIMIT_REACHED",
                format!("Of your tests, at most {limit} a day are taken; a day ends at 00:00 UTC."),
                retry_after,
            ),
            ServiceError::TooManyStreams(most) => too_many(
                "TOO_MANY_STREAMS",
                format!("You are following {most} tests already; stop following one first."),
                1,
            ),
            ServiceError::RunTooLarge => ApiError::unprocessable(
                "RUN_TOO_LARGE",
                "A run has 10,000 cells at most (rows times targets), and 64 MiB of prompts and assertions.",
            ),
            ServiceError::BadRows(rows) => bad_rows(rows),
            ServiceError::BadTargets(targets) => bad_targets(targets),
            ServiceError::Broken(error) => ApiError::internal(error),
            ServiceError::Unwritable(error) => ApiError::internal(error),
            ServiceError::PromptTooLong => ApiError::unprocessable(
                "PROMPT_TOO_LONG",
                format!(
                    "With its variables filled in the prompt is over {MAX_PROMPT_BYTES} bytes."
                ),
            ),
            ServiceError::Unresolved(unresolved) => variables(&unresolved),
            ServiceError::Call(error) => error.into(),
            ServiceError::Database(error) => pg::api_error(error),
        }
    }
}

/// Makes a 429: worth asking again after `retry_after` seconds.
fn too_many(code: &'static str, detail: String, retry_after: u64) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, code, detail)
        .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after))
}

/// Makes a 422 that names each variable that is missing, and each that has no use.
fn variables(unresolved: &Unresolved) -> ApiError {
    let field = |name: &String| format!("variables.{name}");
    let error = ApiError::unprocessable(
        "VARIABLES_UNRESOLVED",
        "The variables given are not those needed.",
    );
    let error = unresolved
        .missing
        .iter()
        .fold(error, |error, name| error.with_field(&field(name), "is missing"));
    unresolved.unknown.iter().fold(error, |error, name| {
        error.with_field(&field(name), "is used neither by the prompt nor by the system prompt")
    })
}

/// Makes a 422 that names each row that does not fit.
fn bad_rows(rows: Vec<BadRow>) -> ApiError {
    let error = ApiError::unprocessable(
        "ROWS_DO_NOT_FIT",
        "Rows of the data set do not fit the prompt or the assertions.",
    );
    rows.into_iter().fold(error, |error, BadRow { number, field, problem }| {
        let field = format!("rows[{}].{field}", number.saturating_sub(1));
        error.with_field(&field, format!("row {number}: {problem}"))
    })
}

/// Makes a 422 that names each target that cannot be asked; the first one gives the code.
fn bad_targets(targets: Vec<BadTarget>) -> ApiError {
    let first = match targets.first().map(|target| &target.refusal) {
        Some(TargetRefusal::UnknownModel { provider, listed }) if listed.is_empty() => {
            ApiError::unprocessable(
                "MODEL_UNKNOWN",
                format!("{provider} has no such model; GET /api/tests/providers lists them."),
            )
        }
        Some(TargetRefusal::UnknownModel { listed, .. }) => ApiError::unprocessable(
            "MODEL_UNKNOWN",
            format!("This endpoint has no such model: it has {}.", few(listed)),
        ),
        Some(TargetRefusal::UnknownEndpoint(names)) => ApiError::unprocessable(
            "MODEL_UNKNOWN",
            format!(
                "A model at an endpoint is named endpoint/model, and the endpoints are {}.",
                few(names)
            ),
        ),
        Some(TargetRefusal::Unavailable(provider)) => ApiError::unprocessable(
            "PROVIDER_UNAVAILABLE",
            format!("The provider {provider} is not available here: it is not set up."),
        ),
        None => ApiError::unprocessable("PROVIDER_UNAVAILABLE", "There is nobody to ask."),
    };
    targets.into_iter().fold(first, |error, BadTarget { index, refusal }| {
        let (field, problem) = match refusal {
            TargetRefusal::Unavailable(_) => ("modelProvider", "is not available".to_owned()),
            TargetRefusal::UnknownModel { listed, .. } if listed.is_empty() => {
                ("modelName", "is not a model of this provider".to_owned())
            }
            TargetRefusal::UnknownModel { listed, .. } => {
                ("modelName", format!("is not one of {}", few(&listed)))
            }
            TargetRefusal::UnknownEndpoint(names) => {
                ("modelName", format!("must begin with an endpoint and a slash: {}", few(&names)))
            }
        };
        let place = index.map(|i| format!("targets[{i}].")).unwrap_or_default();
        error.with_field(&format!("{place}{field}"), problem)
    })
}

/// Lists the first of many names in a sentence.
fn few(names: &[String]) -> String {
    const MOST: usize = 20;
    let mut text = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(", …");
    }
    text
}
