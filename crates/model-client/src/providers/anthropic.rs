//! Anthropic's messages.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    completion::{CompletionRequest, Usage},
    dialect::{Dialect, ProviderRequest, StreamError, StreamedAnswer},
    price_table::PriceTable,
    provider::{ModelProvider, ProviderError},
    refusal::Refusal,
    settings::Endpoint,
};

static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
static ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// The limit for a model that the price table does not know; the API wants one.
const DEFAULT_MAX_TOKENS: u32 = 4096;

pub struct Anthropic {
    pub endpoint: Endpoint,
    pub prices: Arc<PriceTable>,
}

impl Dialect for Anthropic {
    fn name(&self) -> &str {
        "ANTHROPIC"
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn serves(&self, model: &str) -> bool {
        !model.trim().is_empty()
    }

    fn build_request(&self, request: &CompletionRequest) -> Result<ProviderRequest, ProviderError> {
        if request.temperature.is_some_and(|temperature| temperature > 1.0) {
            return Err(ProviderError::Failed("ANTHROPIC takes temperatures from 0 to 1"));
        }
        let max_tokens = match request.max_tokens {
            Some(tokens) => json!(tokens),
            None => {
                let known = self.prices.max_output(ModelProvider::Anthropic, &request.model);
                json!(known.unwrap_or(DEFAULT_MAX_TOKENS))
            }
        };
        let mut body = json!({
            "model": request.model,
            "max_tokens": max_tokens,
            "messages": [{"role": "user", "content": request.prompt}],
            "stream": true,
        });
        if let Some(system_prompt) = &request.system_prompt {
            body["system"] = json!(system_prompt);
        }
        if let Some(temperature) = request.temperature {
            body["temperature"] = json!(temperature);
        }
        let mut headers = HeaderMap::new();
        headers.insert(&ANTHROPIC_VERSION, VERSION);
        if let Some(value) = self.endpoint.key.as_ref().and_then(|key| key.header("")) {
            headers.insert(&X_API_KEY, value);
        }
        Ok(ProviderRequest { path: "/v1/messages".to_owned(), headers, body })
    }

    fn read_event(&self, event: &str, answer: &mut StreamedAnswer) -> Result<(), StreamError> {
        let event: Event = serde_json::from_str(event).map_err(|_| StreamError::Garbled)?;
        match event {
            Event::MessageStart { message } => answer.usage = message.usage.merged(None),
            Event::ContentBlockStart { content_block } => {
                answer.text.push_str(content_block.text.as_deref().unwrap_or_default());
            }
            Event::ContentBlockDelta { delta } => {
                answer.text.push_str(delta.text.as_deref().unwrap_or_default());
            }
            Event::MessageDelta { delta, usage } => {
                if let Some(usage) = usage {
                    answer.usage = usage.merged(answer.usage);
                }
                match delta.stop_reason.as_deref() {
                    None => {}
                    Some("refusal") => {
                        let why = delta.stop_details.and_then(|details| details.explanation);
                        let why = why.unwrap_or_else(|| "it refused.".to_owned());
                        return Err(StreamError::Declined(why));
                    }
                    Some(_) => answer.ended = true,
                }
            }
            Event::MessageStop => {
                answer.ended = true;
                answer.done = true;
            }
            Event::Error { error } => {
                let refusal = Refusal::from_json(&json!({"error": error}));
                let is_transient = matches!(
                    refusal.kind.as_str(),
                    "overloaded_error" | "api_error" | "rate_limit_error" | "timeout_error"
                );
                return Err(StreamError::Reported { refusal, is_transient });
            }
            Event::Other => {}
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Message,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: Block,
    },
    MessageDelta {
        delta: MessageDelta,
        usage: Option<MessageUsage>,
    },
    MessageStop,
    Error {
        error: Value,
    },
    /// Pings, the ends of blocks, and what is yet to be invented.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    usage: MessageUsage,
}

/// A block of content. Only text has a `text`: thinking, and calls of tools, have other fields.
#[derive(Deserialize)]
struct Block {
    text: Option<String>,
}

#[derive(Deserialize)]
struct MessageDelta {
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
}

#[derive(Deserialize)]
struct StopDetails {
    explanation: Option<String>,
}

/// A count of tokens. `input_tokens` leaves out what was read from the cache and what was written to it;
/// ours does not.
#[derive(Default, Deserialize)]
struct MessageUsage {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

impl MessageUsage {
    /// Merges this count into the one before: the counts are of the whole answer so far, and the input is
    /// counted once, at the start or, by some proxies, at the end.
    fn merged(self, before: Option<Usage>) -> Option<Usage> {
        let read = self.cache_read_input_tokens.unwrap_or(0);
        let written = self.cache_creation_input_tokens.unwrap_or(0);
        let input = self.input_tokens.unwrap_or(0).saturating_add(read).saturating_add(written);
        let output = self.output_tokens.unwrap_or(0);
        let usage = match before {
            Some(before) if input == 0 => {
                let counted = Usage::counted(before.input_tokens.into(), output);
                counted
                    .with_cache(before.cached_input_tokens.into(), before.cache_write_tokens.into())
            }
            _ => Usage::counted(input, output).with_cache(read, written),
        };
        let thinking = self.output_tokens_details.and_then(|details| details.thinking_tokens);
        let thinking = thinking.or(before.map(|before| before.reasoning_tokens.into()));
        // No prompt is empty.
        (usage.input_tokens > 0).then(|| usage.with_reasoning(thinking.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests;
