//! Providers: their names, the trait that all of them implement, and why one gives no answer.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::completion::{Completion, CompletionRequest};

/// Who runs models.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ModelProvider {
    Mock,
    Openai,
    OpenaiCompatible,
    Anthropic,
    Gemini,
}

impl fmt::Display for ModelProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mock => "MOCK",
            Self::Openai => "OPENAI",
            Self::OpenaiCompatible => "OPENAI_COMPATIBLE",
            Self::Anthropic => "ANTHROPIC",
            Self::Gemini => "GEMINI",
        })
    }
}

/// Takes each chunk of an answer as it arrives; does not block.
pub type OnChunk<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A provider, which many tests may call at once.
pub trait Provider: Send + Sync {
    /// Tells whether it may be asked for this model. One with an open set of models says yes, and leaves
    /// the refusal to the provider's API.
    fn serves(&self, model: &str) -> bool;

    /// Asks for one answer. `on_chunk` is given each chunk of the answer as it arrives; the chunks in a row
    /// are the text of the completion. Dropping the future cancels the request.
    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        on_chunk: OnChunk<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>>;
}

/// The reason for a missing answer. The text is shown to the person who asked: it names no internals.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("The provider could not answer: {0}.")]
    Failed(&'static str),
    /// Asking again is no use. The provider's words, without our key.
    #[error("The provider refused the request: {0}")]
    Rejected(String),
    /// It was asked again, within bounds.
    #[error("The provider is having trouble: {0}")]
    Unavailable(String),
    #[error("The provider cannot be reached.")]
    Unreachable,
    /// The model, or what watches over it, would not answer this prompt.
    #[error("The model declined to answer: {0}")]
    Declined(String),
    /// The part that arrived may be charged.
    #[error("The answer broke off after {received} characters, and is not asked for again: {why}")]
    Interrupted { received: usize, why: String },
    /// The request was taken, and not a word of an answer arrived.
    #[error(
        "No answer came: {0} The prompt may be longer than the model's context window, or the \
         provider may have broken off to serve another request."
    )]
    NoAnswer(String),
    #[error("The provider's answer makes no sense.")]
    Garbled,
    #[error("The provider's answer is too large to be kept.")]
    TooLarge,
    /// Worth asking again after `retry_after`.
    #[error("The provider is rate-limiting us.")]
    RateLimited { retry_after: Duration },
    #[error("The provider did not answer in time.")]
    TimedOut,
}

impl ProviderError {
    /// Tells whether the answer stopped before its end, so that asking again may give a whole one.
    pub fn is_broken_off(&self) -> bool {
        matches!(self, Self::Interrupted { .. } | Self::NoAnswer(_))
    }
}
