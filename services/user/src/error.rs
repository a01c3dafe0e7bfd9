//! Errors of the service, and the problems that they become.

use http::{HeaderValue, StatusCode, header};
use http_kit::ApiError;

/// An error that keeps a use case from being carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("that username is taken")]
    UsernameTaken,
    #[error("that email address is taken")]
    EmailTaken,
    #[error("that username and that email address are taken")]
    UsernameAndEmailTaken,
    #[error("wrong credentials")]
    WrongCredentials,
    #[error("wrong password")]
    WrongPassword {
        /// The field of the request that held the password.
        field: &'static str,
    },
    #[error("no password")]
    PasswordRequired {
        /// The field of the request that should hold the password.
        field: &'static str,
    },
    #[error("too many wrong passwords")]
    TooManyWrongPasswords {
        /// The seconds until the next password may be tried.
        retry_after: i64,
    },
    #[error("suspended")]
    Suspended,
    #[error("refresh token not accepted")]
    InvalidRefreshToken,
    #[error("no such session")]
    SessionNotFound,
    #[error("no such user")]
    UserNotFound,
    #[error("follows themselves")]
    FollowsSelf,
    #[error("not an administrator any more")]
    NotAdmin,
    #[error("an administrator's own account")]
    OwnAccount,
    #[error("the last administrator")]
    LastAdmin,
    #[error(transparent)]
    Database(sqlx::Error),
    #[error("too many at once")]
    Busy,
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for ServiceError {
    /// Maps a violated constraint to the error that it means.
    fn from(error: sqlx::Error) -> Self {
        match pg::violated(&error) {
            Some("users_username_key") => Self::UsernameTaken,
            Some("users_email_key") => Self::EmailTaken,
            Some("follows_self_check") => Self::FollowsSelf,
            // The user to follow is gone, or the caller's own account.
            Some("follows_followee_id_fkey" | "follows_follower_id_fkey") => Self::UserNotFound,
            _ => Self::Database(error),
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
            ServiceError::UsernameAndEmailTaken => ApiError::conflict(
                "USERNAME_TAKEN",
                "That username and that email address are taken.",
            )
            .with_field("username", "is taken")
            .with_field("email", "is taken"),
            ServiceError::WrongCredentials => ApiError::unauthorized(
                "WRONG_CREDENTIALS",
                "The email or username, or the password, is wrong.",
            ),
            // Not a 401: the token is good, and a client would try to renew it.
            ServiceError::WrongPassword { field } => {
                ApiError::new(StatusCode::FORBIDDEN, "WRONG_PASSWORD", "The password is wrong.")
                    .with_field(field, "is wrong")
            }
            ServiceError::PasswordRequired { field } => {
                ApiError::invalid_field(field, "is required to change the email address")
            }
            ServiceError::TooManyWrongPasswords { retry_after } => ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TOO_MANY_ATTEMPTS",
                "Too many wrong passwords. Please wait before you try again.",
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after)),
            ServiceError::Suspended => ApiError::new(
                StatusCode::FORBIDDEN,
                "ACCOUNT_SUSPENDED",
                "This account is suspended.",
            ),
            ServiceError::InvalidRefreshToken => ApiError::unauthorized(
                "INVALID_REFRESH_TOKEN",
                "The refresh token is not valid any more. Sign in again.",
            ),
            ServiceError::SessionNotFound => {
                ApiError::not_found("SESSION_NOT_FOUND", "You have no such session.")
            }
            ServiceError::UserNotFound => ApiError::not_found("USER_NOT_FOUND", "No such user."),
            ServiceError::FollowsSelf => {
                ApiError::bad_request("CANNOT_FOLLOW_SELF", "You cannot follow yourself.")
            }
            ServiceError::NotAdmin => ApiError::forbidden("You are not an administrator any more."),
            ServiceError::OwnAccount => ApiError::conflict(
                "OWN_ACCOUNT",
                "Administrators cannot suspend or demote themselves.",
            ),
            ServiceError::LastAdmin => ApiError::conflict(
                "LAST_ADMIN",
                "The last administrator's account cannot be deleted.",
            ),
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
