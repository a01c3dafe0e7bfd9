use http::{HeaderValue, StatusCode, header};
use http_kit::ApiError;

use crate::password::HashError;

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("that username is taken")]
    UsernameTaken,
    #[error("that email address is taken")]
    EmailTaken,
    #[error("wrong credentials")]
    WrongCredentials,
    #[error("suspended")]
    Suspended,
    #[error("refresh token not accepted")]
    InvalidRefreshToken,
    #[error("no such user")]
    UserNotFound,
    #[error(transparent)]
    Database(sqlx::Error),
    #[error("too many at once")]
    Busy,
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for ServiceError {
    /// What a violated constraint means.
    fn from(error: sqlx::Error) -> Self {
        match pg::violated(&error) {
            Some("users_username_key") => Self::UsernameTaken,
            Some("users_email_key") => Self::EmailTaken,
            _ => Self::Database(error),
        }
    }
}

impl From<HashError> for ServiceError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed(error) => Self::Internal(error),
        }
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::UsernameTaken => {
                ApiError::conflict("USERNAME_TAKEN", "That username is taken.")
                    .with_field("username", "is taken")
            }
            ServiceError::EmailTaken => {
                ApiError::conflict("EMAIL_TAKEN", "That email address is taken.")
                    .with_field("email", "is taken")
            }
            ServiceError::WrongCredentials => ApiError::unauthorized(
                "WRONG_CREDENTIALS",
                "The email or username, or the password, is wrong.",
            ),
            ServiceError::Suspended => ApiError::new(
                StatusCode::FORBIDDEN,
                "ACCOUNT_SUSPENDED",
                "This account is suspended.",
            ),
            ServiceError::InvalidRefreshToken => ApiError::unauthorized(
                "INVALID_REFRESH_TOKEN",
                "The refresh token is not valid any more. Sign in again.",
            ),
            ServiceError::UserNotFound => ApiError::not_found("USER_NOT_FOUND", "No such user."),
            ServiceError::Database(error) => pg::api_error(error),
            ServiceError::Busy => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "TOO_BUSY",
                "Too many people are signing in right now. Please try again.",
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("2")),
            ServiceError::Internal(error) => ApiError::internal(error),
        }
    }
}
