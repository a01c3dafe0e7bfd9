//! Errors of the service, and the problems that they become.

use std::time::Duration;

use http_kit::{ApiError, page::CursorError};
use read_cache::SharedReadError;

http_kit::errors! {
    /// An error that keeps a use case from being carried out.
    pub enum ServiceError {
        UsernameTaken = 409 USERNAME_TAKEN "That username is taken."
            .with_field("username", "is taken");
        EmailTaken = 409 EMAIL_TAKEN "That email address is taken."
            .with_field("email", "is taken");
        UsernameAndEmailTaken = 409 USERNAME_TAKEN
            "That username and that email address are taken."
            .with_field("username", "is taken")
            .with_field("email", "is taken");
        WrongCredentials = 401 WRONG_CREDENTIALS
            "The email or username, or the password, is wrong.";
        /// Not a 401: the token is good, and a client would try to renew it. `field` is the field of
        /// the request that held the password.
        WrongPassword { field: &'static str } = 403 WRONG_PASSWORD "The password is wrong."
            .with_field(field, "is wrong");
        PasswordRequired { field: &'static str } = 400 VALIDATION_FAILED
            "{field}: is required to change the email address."
            .with_field(field, "is required to change the email address");
        TooManyWrongPasswords { retry_after: Duration } = 429 TOO_MANY_ATTEMPTS
            "Too many wrong passwords. Please wait before you try again."
            .with_retry_after(retry_after);
        Suspended = 403 ACCOUNT_SUSPENDED "This account is suspended.";
        RefreshTokenRequired = 400 VALIDATION_FAILED "refreshToken: is required."
            .with_field("refreshToken", "is required");
        InvalidRefreshToken = 401 INVALID_REFRESH_TOKEN
            "The refresh token is not valid any more. Sign in again.";
        OriginNotAllowed = 403 ORIGIN_NOT_ALLOWED
            "Only pages of allowed origins may use the cookie that keeps you signed in.";
        SessionNotFound = 404 SESSION_NOT_FOUND "You have no such session.";
        UserNotFound = 404 USER_NOT_FOUND "No such user.";
        FollowsSelf = 400 CANNOT_FOLLOW_SELF "You cannot follow yourself.";
        NotAdmin = 403 FORBIDDEN "You are not an administrator any more.";
        OwnAccount = 409 OWN_ACCOUNT "Administrators cannot suspend or demote themselves.";
        LastAdmin = 409 LAST_ADMIN "The last administrator's account cannot be deleted.";
        Busy = 503 TOO_BUSY "Too many people are signing in right now. Please try again."
            .with_retry_after(Duration::from_secs(2));
    } or {
        Cursor(#[from] CursorError) => ApiError::from;
        Database(sqlx::Error) => pg::api_error;
        Read(#[from] SharedReadError) => ApiError::from;
        Internal(#[from] anyhow::Error) => ApiError::internal;
    }
}

/// The problems of every handler that checks the caller's own password.
pub type PasswordCheckProblems =
    (codes::WrongPassword, codes::UserNotFound, codes::TooManyWrongPasswords, codes::Busy);

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
