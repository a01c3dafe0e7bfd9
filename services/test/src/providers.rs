//! Who answers prompts: one trait, one file per provider.

mod mock;

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::domain::{ModelProvider, UsageSource};

/// What a model is asked.
#[derive(Clone, Debug, Serialize)]
pub struct CompletionRequest {
    pub model: String,
    pub system_prompt: Option<String>,
    pub prompt: String,
    pub temperature: Option<f64>,
    pub max_tokens: Option<i32>,
    /// Asks for the same answer again, of models that know how.
    pub seed: Option<i64>,
}

/// What it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub text: String,
    pub usage: Usage,
}

/// Tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub input_tokens: u32,
    /// Those of the input that the provider had in its cache.
    pub cached_input_tokens: u32,
    pub output_tokens: u32,
    /// Those of the output that were spent on thinking.
    pub reasoning_tokens: u32,
    pub source: UsageSource,
}

/// Why there is no answer. The text is shown to the person who asked: it names no internals.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("The provider could not answer: {0}.")]
    Failed(&'static str),
    /// Worth asking again after `retry_after`.
    #[error("The provider is rate-limiting us.")]
    RateLimited { retry_after: Duration },
    #[error("The provider did not answer in time.")]
    TimedOut,
}

/// Takes the pieces of an answer as they come; does not block.
pub type Heard<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// One provider, ready to be asked by many tests at once.
pub trait Provider: Send + Sync {
    /// Whether it may be asked for this model. One with an open set of models says yes, and leaves
    /// the refusal to the other side.
    fn serves(&self, model: &str) -> bool;

    /// Asks once. `heard` is given each piece of the answer as it comes; the pieces in a row are the
    /// text of the completion. Dropping the future gives the question up.
    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        heard: Heard<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>>;
}

/// The providers that can be used.
pub struct Providers {
    available: BTreeMap<ModelProvider, Box<dyn Provider>>,
}

impl Providers {
    pub fn new() -> Self {
        let mock: Box<dyn Provider> = Box::new(mock::Mock);
        Self { available: BTreeMap::from([(ModelProvider::Mock, mock)]) }
    }

    pub fn get(&self, provider: ModelProvider) -> Option<&dyn Provider> {
        self.available.get(&provider).map(Box::as_ref)
    }
}
