//! The errors of the use cases, and the problems they become.

use std::sync::Arc;

use http::StatusCode;
use http_kit::{ApiError, blocking::BlockingError};

use crate::domain::{MAX_LABELS, MAX_RENDERED_BYTES};

/// The error of a use case.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("no such prompt, or not visible")]
    PromptNotFound,
    #[error("no such version")]
    VersionNotFound,
    #[error("no such label")]
    LabelNotFound,
    #[error("too many labels")]
    TooManyLabels,
    #[error("no such comment")]
    CommentNotFound,
    #[error("premium, and the caller holds no licence")]
    ContentWithheld,
    #[error("premium, and only its author may fork it")]
    PremiumFork,
    #[error("only the author may")]
    NotTheAuthor,
    #[error("the caller's own prompt")]
    OwnPrompt,
    #[error("changed since it was read")]
    Changed,
    #[error(transparent)]
    Unresolved(#[from] template::Unresolved),
    #[error("the filled-in text is too long")]
    RenderedTooLong,
    #[error("the document was written too long ago")]
    TooLate,
    #[error("a reply to a reply")]
    ReplyToReply,
    #[error(transparent)]
    Key(#[from] idempotency::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The error of a whole batch, shared by its requests.
    #[error(transparent)]
    LikesNotWritten(Arc<sqlx::Error>),
    #[error(transparent)]
    Versions(#[from] mongodb::error::Error),
    #[error(transparent)]
    Blocking(#[from] BlockingError),
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Key(error) => error.into(),
            ServiceError::PromptNotFound => {
                ApiError::not_found("PROMPT_NOT_FOUND", "No such prompt.")
            }
            ServiceError::VersionNotFound => {
                ApiError::not_found("VERSION_NOT_FOUND", "This prompt has no such version.")
            }
            ServiceError::LabelNotFound => {
                ApiError::not_found("LABEL_NOT_FOUND", "No version of this prompt has that label.")
            }
            ServiceError::TooManyLabels => ApiError::unprocessable(
                "TOO_MANY_LABELS",
                format!("A prompt has at most {MAX_LABELS} labels: remove one first."),
            )
            .with_field("label", "would be one too many"),
            ServiceError::CommentNotFound => {
                ApiError::not_found("COMMENT_NOT_FOUND", "No such comment.")
            }
            ServiceError::ContentWithheld => ApiError::new(
                StatusCode::FORBIDDEN,
                "LICENSE_REQUIRED",
                "This prompt is premium: its content is for those who hold a licence.",
            ),
            ServiceError::PremiumFork => ApiError::new(
                StatusCode::FORBIDDEN,
                "PREMIUM_NOT_FORKABLE",
                "A licence is to use this prompt: only its author may fork it.",
            ),
            ServiceError::NotTheAuthor => ApiError::forbidden("Only its author may do this."),
            ServiceError::OwnPrompt => {
                ApiError::conflict("OWN_PROMPT", "You cannot rate what you wrote.")
            }
            ServiceError::Changed => ApiError::new(
                StatusCode::PRECONDITION_FAILED,
                "PROMPT_CHANGED",
                "The prompt has changed since you read it. Read it again and repeat your change.",
            ),
            ServiceError::Unresolved(names) => unresolved(names),
            ServiceError::RenderedTooLong => ApiError::unprocessable(
                "RENDERED_TOO_LONG",
                format!("The filled-in text would have more than {MAX_RENDERED_BYTES} bytes."),
            )
            .with_field("variables", "make the text too long"),
            ServiceError::TooLate => ApiError::unavailable("version store", error),
            ServiceError::ReplyToReply => ApiError::unprocessable(
                "REPLY_TO_REPLY",
                "Replies go one level deep: answer the comment, not the reply.",
            )
            .with_field("parentId", "is itself a reply"),
            ServiceError::Database(error) => pg::api_error(error),
            ServiceError::LikesNotWritten(error) if pg::is_outage(&error) => {
                ApiError::unavailable("database", error)
            }
            ServiceError::LikesNotWritten(error) => ApiError::internal(error),
            ServiceError::Versions(error) if is_outage(&error) => {
                ApiError::unavailable("version store", error)
            }
            ServiceError::Versions(error) => ApiError::internal(error),
            ServiceError::Blocking(error) => error.into(),
        }
    }
}

/// Variables that a problem names, at most: a request has room for a hundred thousand.
const MAX_NAMED: usize = 1000;

/// Makes a problem that names every variable under the path it has in a request.
fn unresolved(names: template::Unresolved) -> ApiError {
    let count = names.missing.len() + names.unknown.len();
    let missing = names.missing.into_iter().map(|name| (name, "is missing"));
    let unknown = names.unknown.into_iter().map(|name| (name, "is not a variable of this version"));
    let error = missing.chain(unknown).take(MAX_NAMED).fold(
        ApiError::unprocessable(
            "VARIABLES_UNRESOLVED",
            "The variables given are not those needed.",
        ),
        |error, (name, problem)| error.with_field(&format!("variables.{name}"), problem),
    );
    match count.checked_sub(MAX_NAMED) {
        None | Some(0) => error,
        Some(more) => error.with_field("variables", format!("are wrong in {more} more names")),
    }
}

/// Returns whether MongoDB is away, rather than the command being wrong.
fn is_outage(error: &mongodb::error::Error) -> bool {
    use mongodb::error::{ErrorKind, RETRYABLE_WRITE_ERROR};
    matches!(
        *error.kind,
        ErrorKind::Io(_)
            | ErrorKind::ServerSelection { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. }
            | ErrorKind::Shutdown
    ) || error.contains_label(RETRYABLE_WRITE_ERROR)
}
