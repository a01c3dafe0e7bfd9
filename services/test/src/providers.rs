//! Who answers prompts: one trait, one file per provider.

mod anthropic;
mod caller;
mod compatible;
mod gemini;
mod mock;
mod openai;
mod refusal;
mod retry;
mod secret;
mod settings;
mod tokenizer;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::{
    catalogue::Catalogue,
    domain::{ModelProvider, UsageSource},
};
use caller::{Caller, Hosted};

pub use retry::after_break;
pub use settings::ProviderSettings;

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
    /// Those of the input that it put into its cache, where it charges for that.
    pub cache_write_tokens: u32,
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
    /// Asking again is no use. What it said, without our key.
    #[error("The provider refused the request: {0}")]
    Rejected(String),
    /// It had been asked again, within bounds.
    #[error("The provider is having trouble: {0}")]
    Unavailable(String),
    #[error("The provider cannot be reached.")]
    Unreachable,
    /// The model, or what watches over it, would not answer this prompt.
    #[error("The model declined to answer: {0}")]
    Declined(String),
    /// What came of the answer may be charged.
    #[error("The answer broke off after {heard} characters, and is not asked for again: {why}")]
    Interrupted { heard: usize, why: String },
    /// The request was taken, and not a word came of it.
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
    endpoints: Vec<NamedEndpoint>,
}

/// An endpoint of `OPENAI_COMPATIBLE`, as it is shown.
pub struct NamedEndpoint {
    pub name: String,
    /// Its models as they are asked for, `endpoint/model`; empty when the settings list none.
    pub models: Vec<String>,
    /// Whether its answers are paid for.
    charges: bool,
}

impl Providers {
    /// Those that the settings have a key for.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(settings: ProviderSettings, catalogue: &Arc<Catalogue>) -> anyhow::Result<Self> {
        let caller = Arc::new(Caller::new(settings.deadlines)?);
        let mock: Box<dyn Provider> = Box::new(mock::Mock::default());
        let mut available = BTreeMap::from([(ModelProvider::Mock, mock)]);
        if let Some(endpoint) = settings.openai {
            let dialect = openai::OpenAi::new(endpoint);
            let provider = Hosted { caller: caller.clone(), dialect };
            available.insert(ModelProvider::Openai, Box::new(provider));
        }
        if let Some(endpoint) = settings.anthropic {
            let dialect = anthropic::Anthropic { endpoint, catalogue: catalogue.clone() };
            let provider = Hosted { caller: caller.clone(), dialect };
            available.insert(ModelProvider::Anthropic, Box::new(provider));
        }
        if let Some(endpoint) = settings.gemini {
            let provider = Hosted { caller: caller.clone(), dialect: gemini::Gemini { endpoint } };
            available.insert(ModelProvider::Gemini, Box::new(provider));
        }
        let endpoints = settings.compatible.iter().map(|(name, endpoint)| NamedEndpoint {
            name: name.clone(),
            models: endpoint.models.iter().map(|model| format!("{name}/{model}")).collect(),
            charges: endpoint.charges,
        });
        let endpoints: Vec<_> = endpoints.collect();
        if !endpoints.is_empty() {
            let provider = compatible::Compatible::new(caller, settings.compatible);
            available.insert(ModelProvider::OpenaiCompatible, Box::new(provider));
        }
        Ok(Self { available, endpoints })
    }

    pub fn get(&self, provider: ModelProvider) -> Option<&dyn Provider> {
        self.available.get(&provider).map(Box::as_ref)
    }

    /// Returns the endpoints of `OPENAI_COMPATIBLE`.
    pub fn endpoints(&self) -> &[NamedEndpoint] {
        &self.endpoints
    }

    /// Finds the endpoint that a model of `OPENAI_COMPATIBLE` is at.
    pub fn endpoint_of(&self, model: &str) -> Option<&NamedEndpoint> {
        let (name, _) = model.split_once('/')?;
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    /// Tells whether an answer of this model, whole or broken off, is known to cost nothing: that of an
    /// endpoint that does not charge.
    pub fn is_free(&self, provider: ModelProvider, model: &str) -> bool {
        provider == ModelProvider::OpenaiCompatible
            && self.endpoint_of(model).is_some_and(|endpoint| !endpoint.charges)
    }
}

impl ProviderError {
    /// Tells whether the answer stopped before its end, so that asking again may give a whole one.
    pub fn is_broken_off(&self) -> bool {
        matches!(self, Self::Interrupted { .. } | Self::NoAnswer(_))
    }
}

/// Estimates the tokens of a question and of the part of its answer that came. The provider counts only
/// whole answers.
pub async fn estimate(request: &CompletionRequest, part: &str) -> Usage {
    tokenizer::count(request, part).await
}

impl Usage {
    /// As a provider counts. No part is larger than the whole: what does not add up is cut down.
    fn counted(input: u64, output: u64) -> Self {
        Self {
            input_tokens: saturate(input),
            cached_input_tokens: 0,
            cache_write_tokens: 0,
            output_tokens: saturate(output),
            reasoning_tokens: 0,
            source: UsageSource::Provider,
        }
    }

    fn with_cache(mut self, read: u64, written: u64) -> Self {
        self.cached_input_tokens = saturate(read).min(self.input_tokens);
        let fresh = self.input_tokens - self.cached_input_tokens;
        self.cache_write_tokens = saturate(written).min(fresh);
        self
    }

    fn with_reasoning(mut self, tokens: u64) -> Self {
        self.reasoning_tokens = saturate(tokens).min(self.output_tokens);
        self
    }
}

fn saturate(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
