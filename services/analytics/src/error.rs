use http_kit::{ApiError, page::CursorError};
use rdkafka::error::KafkaError;
use sqlx::Error;

http_kit::errors! {
    /// Why a use case was not carried out.
    pub enum ServiceError {
        DeadLetterNotFound = 404 DEAD_LETTER_NOT_FOUND "No such dead letter.";
    } or {
        Cursor(#[from] CursorError) => ApiError::from;
        Kafka(#[from] KafkaError) => |error| ApiError::unavailable("Kafka", error);
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
