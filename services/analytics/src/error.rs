use std::time::Duration;

use http_kit::{ApiError, page::CursorError};
use internal_api::CallError;
use rdkafka::error::KafkaError;
use sqlx::Error;

use crate::domain::PeriodError;

http_kit::errors! {
    /// Why a use case was not carried out.
    pub enum ServiceError {
        PromptNotFound = 404 PROMPT_NOT_FOUND "No such prompt.";
        UserNotFound = 404 USER_NOT_FOUND "No such user.";
        DeadLetterNotFound = 404 DEAD_LETTER_NOT_FOUND "No such dead letter.";
        NotYours = 403 FORBIDDEN "Only that user, or an administrator, may see this.";
        StatsUnavailable = 503 DEPENDENCY_UNAVAILABLE
            "The database is not available right now. Please try again."
            .with_retry_after(Duration::from_secs(1));
        TooManyListeners = 503 TOO_MANY_LISTENERS
            "Too many are listening here already. Please try again."
            .with_retry_after(Duration::from_secs(5));
    } or {
        /// A period that cannot be told.
        Period(#[from] PeriodError) => invalid_period;
        Cursor(#[from] CursorError) => ApiError::from;
        Kafka(#[from] KafkaError) => |error| ApiError::unavailable("Kafka", error);
        Dependency(#[from] CallError) => ApiError::from;
        Database(#[from] Error) => pg::api_error;
    }
}

impl ServiceError {
    /// Tells whether the stored value is itself at fault, so that trying again can never help.
    ///
    /// Only the database's verdict on data counts. An outage does not, and neither does a schema that
    /// is not there yet or a permission that is missing: then no message is to blame, and all of them
    /// wait until it is put right.
    pub fn blames_data(&self) -> bool {
        match self {
            // https://www.postgresql.org/docs/15/errcodes-appendix.html: 22 data exception,
            // 23 integrity constraint violation, 54 program limit exceeded.
            Self::Database(Error::Database(error)) => error
                .code()
                .is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class))),
            // A value that has no form in the database.
            Self::Database(Error::Encode(_)) => true,
            _ => false,
        }
    }
}

fn invalid_period(error: PeriodError) -> ApiError {
    ApiError::invalid_field(error.field(), error.to_string())
}
