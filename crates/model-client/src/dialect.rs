//! The differences between the HTTP APIs of providers.

use http::HeaderMap;
use serde_json::Value;

use crate::{
    completion::{CompletionRequest, Usage},
    provider::ProviderError,
    refusal::Refusal,
    settings::Endpoint,
};

/// A provider's API: how a question is written, and how its answer is read.
pub trait Dialect: Send + Sync {
    /// Returns the provider's name for logs.
    fn name(&self) -> &str;

    fn endpoint(&self) -> &Endpoint;

    fn serves(&self, model: &str) -> bool;

    /// Writes the request of a question.
    ///
    /// # Errors
    /// When the API cannot be asked this.
    fn build_request(&self, request: &CompletionRequest) -> Result<ProviderRequest, ProviderError>;

    /// Adds the data of one event of the stream to the answer.
    ///
    /// # Errors
    /// When the event ends the answer too soon.
    fn read_event(&self, event: &str, answer: &mut StreamedAnswer) -> Result<(), StreamError>;
}

/// A request, ready to be sent.
pub struct ProviderRequest {
    /// The path after the endpoint's URL.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// An answer as far as it has arrived.
#[derive(Debug, Default)]
pub struct StreamedAnswer {
    pub text: String,
    /// The provider's latest count of tokens.
    pub usage: Option<Usage>,
    /// The text is complete; only the usage may follow.
    pub ended: bool,
    /// Nothing follows.
    pub done: bool,
}

/// The reason that a stream ends before the answer does.
#[derive(Debug)]
pub enum StreamError {
    /// The provider's own error. A transient one is worth another attempt, if no text arrived yet.
    Reported {
        refusal: Refusal,
        is_transient: bool,
    },
    Declined(String),
    Garbled,
}
