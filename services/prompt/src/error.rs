use http::StatusCode;
use http_kit::ApiError;

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("no such prompt, or not visible")]
    PromptNotFound,
    #[error("no such version")]
    VersionNotFound,
    #[error("no such label")]
    LabelNotFound,
    #[error("no such comment")]
    CommentNotFound,
    #[error("only the author may")]
    NotTheAuthor,
    #[error("changed since it was read")]
    Changed,
    #[error("a reply to a reply")]
    ReplyToReply,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Versions(#[from] mongodb::error::Error),
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::PromptNotFound => {
                ApiError::not_found("PROMPT_NOT_FOUND", "No such prompt.")
            }
            ServiceError::VersionNotFound => {
                ApiError::not_found("VERSION_NOT_FOUND", "This prompt has no such version.")
            }
            ServiceError::LabelNotFound => {
                ApiError::not_found("LABEL_NOT_FOUND", "No version of this prompt has that label.")
            }
            ServiceError::CommentNotFound => {
                ApiError::not_found("COMMENT_NOT_FOUND", "No such comment.")
            }
            ServiceError::NotTheAuthor => ApiError::forbidden("Only its author may do this."),
            ServiceError::Changed => ApiError::new(
                StatusCode::PRECONDITION_FAILED,
                "PROMPT_CHANGED",
                "The prompt has changed since you read it. Read it again and repeat your change.",
            ),
            ServiceError::ReplyToReply => ApiError::unprocessable(
                "REPLY_TO_REPLY",
                "Replies go one level deep: answer the comment, not the reply.",
            )
            .with_field("parentId", "is itself a reply"),
            ServiceError::Database(error) => pg::api_error(error),
            ServiceError::Versions(error) if is_outage(&error) => {
                ApiError::unavailable("version store", error)
            }
            ServiceError::Versions(error) => ApiError::internal(error),
        }
    }
}

/// Whether MongoDB is away, rather than our command being wrong.
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
