//! One attempt of a call: the trace that logs name it by, and the errors that it ends with.

use std::time::Duration;

use uuid::Uuid;

use crate::{provider::ProviderError, refusal::sanitize, settings::Endpoint};

/// The words for a connection that ended before the answer did.
pub const CONNECTION_LOST: &str = "the connection was lost.";

/// The figures of a call that go into the log.
pub struct CallTrace {
    /// Our id of the call.
    pub call: Uuid,
    /// The provider's id of the last attempt.
    pub request_id: Option<String>,
    pub attempts: u32,
}

/// The error that ended one attempt.
pub enum AttemptError {
    /// Nothing was answered, and another attempt may well be.
    Transient {
        error: ProviderError,
        /// The wait that the provider asks for.
        retry_after: Option<Duration>,
    },
    Final(ProviderError),
}

impl From<ProviderError> for AttemptError {
    fn from(error: ProviderError) -> Self {
        Self::Final(error)
    }
}

/// Words a provider's error for people, as in `401: Incorrect API key provided: [key]. (request req_1)`.
pub fn describe(
    status: Option<u16>,
    message: &str,
    endpoint: &Endpoint,
    trace: &CallTrace,
) -> String {
    let message = sanitize(message, endpoint.key.as_ref());
    let mut text = match (status, message.is_empty()) {
        (Some(status), true) => format!("status {status}."),
        (Some(status), false) => format!("{status}: {message}"),
        (None, true) => "it did not say why.".to_owned(),
        (None, false) => message,
    };
    if let Some(id) = &trace.request_id {
        text.push_str(&format!(" (request {id})"));
    }
    text
}

/// Makes the error of an answer that stopped after `received` characters.
pub fn interrupted(received: usize, why: String) -> ProviderError {
    match received {
        0 => ProviderError::NoAnswer(why),
        received => ProviderError::Interrupted { received, why },
    }
}
