//! The question that a model is asked, and its answer.

use serde::Serialize;
use utoipa::ToSchema;

/// A question to a model.
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

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub text: String,
    pub usage: Usage,
}

/// Who counted the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UsageSource {
    /// The provider said so.
    Provider,
    /// The provider said nothing, or the answer is not whole: a tokenizer of ours, so about right.
    Tokenizer,
}

/// The tokens of a question and its answer.
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

impl Usage {
    /// Makes the usage that a provider reported. No part is larger than the whole: what does not add up is
    /// cut down.
    pub fn counted(input: u64, output: u64) -> Self {
        Self {
            input_tokens: saturate(input),
            cached_input_tokens: 0,
            cache_write_tokens: 0,
            output_tokens: saturate(output),
            reasoning_tokens: 0,
            source: UsageSource::Provider,
        }
    }

    pub fn with_cache(mut self, read: u64, written: u64) -> Self {
        self.cached_input_tokens = saturate(read).min(self.input_tokens);
        let fresh = self.input_tokens - self.cached_input_tokens;
        self.cache_write_tokens = saturate(written).min(fresh);
        self
    }

    pub fn with_reasoning(mut self, tokens: u64) -> Self {
        self.reasoning_tokens = saturate(tokens).min(self.output_tokens);
        self
    }
}

fn saturate(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
