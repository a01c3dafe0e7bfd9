use http_kit::ApiError;
use sqlx::Error;

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Database(#[from] Error),
}

impl ServiceError {
    /// Whether what was to be stored is itself at fault, so that trying again can never help.
    ///
    /// Only what the database says of data counts. An outage does not, and neither does a schema
    /// that is not there yet or a permission that is missing: then no message is to blame, and all
    /// of them wait until it is put right.
    pub fn blames_data(&self) -> bool {
        match self {
            // https://www.postgresql.org/docs/15/errcodes-appendix.html: 22 data exception,
            // 23 integrity constraint violation, 54 program limit exceeded.
            Self::Database(Error::Database(error)) => error
                .code()
                .is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class))),
            // A value that has no form in the database.
            Self::Database(Error::Encode(_)) => true,
            Self::Database(_) => false,
        }
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Database(error) => pg::api_error(error),
        }
    }
}
