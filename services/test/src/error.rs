use auth::CallError;
use http::{HeaderValue, StatusCode, header};
use http_kit::ApiError;
use template::Unresolved;

use crate::domain::{MAX_PROMPT_BYTES, ModelProvider};

/// Why a use case was not carried out.
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
    #[error("{0} is not available")]
    ProviderUnavailable(ModelProvider),
    #[error("{0} has no such model")]
    UnknownModel(ModelProvider),
    #[error("the test is over")]
    TestOver,
    #[error("someone else's test")]
    NotYourTest,
    /// `retry_after` in seconds: until the day (UTC) is over.
    #[error("{limit} tests were asked for today")]
    DailyLimit { limit: i64, retry_after: u64 },
    #[error("{0} streams are open")]
    TooManyStreams(usize),
    #[error("the prompt is too long once its variables are filled in")]
    PromptTooLong,
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
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
            ServiceError::ProviderUnavailable(provider) => ApiError::unprocessable(
                "PROVIDER_UNAVAILABLE",
                format!("The provider {provider} is not available here: it is not set up."),
            )
            .with_field("modelProvider", "is not available"),
            ServiceError::UnknownModel(provider) => ApiError::unprocessable(
                "MODEL_UNKNOWN",
                format!("{provider} has no such model; GET /api/tests/providers lists them."),
            )
            .with_field("modelName", "is not a model of this provider"),
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

/// 429: worth asking again after so many seconds.
fn too_many(code: &'static str, detail: String, retry_after: u64) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, code, detail)
        .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after))
}

/// 422 naming each variable that is missing, and each that has no use.
fn variables(unresolved: &Unresolved) -> ApiError {
    let field = |name: &String| format!("variables.{name}");
    let error = ApiError::unprocessable(
        "UNRESOLVED_VARIABLES",
        "The variables do not fit the prompt's placeholders.",
    );
    let error = unresolved
        .missing
        .iter()
        .fold(error, |error, name| error.with_field(&field(name), "is missing"));
    unresolved
        .unknown
        .iter()
        .fold(error, |error, name| error.with_field(&field(name), "is not used by the prompt"))
}
