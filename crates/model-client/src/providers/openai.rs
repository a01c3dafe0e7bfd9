//! OpenAI's chat completions, and the endpoints that speak as it does.

use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    completion::{CompletionRequest, Usage},
    dialect::{Dialect, ProviderRequest, StreamError, StreamedAnswer},
    provider::ProviderError,
    refusal::Refusal,
    settings::Endpoint,
};

/// The data of the last event; only OpenAI's own API is sure to send it.
const DONE: &str = "[DONE]";

pub struct OpenAi {
    name: String,
    endpoint: Endpoint,
    /// The name of the limit: the newer models of OpenAI refuse `max_tokens`; the others know nothing else.
    limit_field: &'static str,
}

impl OpenAi {
    pub fn new(endpoint: Endpoint) -> Self {
        Self { name: "OPENAI".to_owned(), endpoint, limit_field: "max_completion_tokens" }
    }

    /// Makes the dialect of an endpoint of this name which speaks as OpenAI does.
    pub fn compatible(name: &str, endpoint: Endpoint) -> Self {
        Self { name: format!("OPENAI_COMPATIBLE/{name}"), endpoint, limit_field: "max_tokens" }
    }
}

impl Dialect for OpenAi {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn serves(&self, model: &str) -> bool {
        !model.trim().is_empty()
    }

    fn build_request(&self, request: &CompletionRequest) -> Result<ProviderRequest, ProviderError> {
        let mut messages = Vec::new();
        if let Some(system_prompt) = &request.system_prompt {
            messages.push(json!({"role": "system", "content": system_prompt}));
        }
        messages.push(json!({"role": "user", "content": request.prompt}));
        let mut body = json!({
            "model": request.model,
            "messages": messages,
            "stream": true,
            "stream_options": {"include_usage": true},
        });
        if let Some(temperature) = request.temperature {
            body["temperature"] = json!(temperature);
        }
        if let Some(max_tokens) = request.max_tokens {
            body[self.limit_field] = json!(max_tokens);
        }
        if let Some(seed) = request.seed {
            body["seed"] = json!(seed);
        }
        let mut headers = HeaderMap::new();
        if let Some(value) = self.endpoint.key.as_ref().and_then(|key| key.header("Bearer ")) {
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(ProviderRequest { path: "/chat/completions".to_owned(), headers, body })
    }

    fn read_event(&self, event: &str, answer: &mut StreamedAnswer) -> Result<(), StreamError> {
        if event.trim() == DONE {
            answer.done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(event).map_err(|_| StreamError::Garbled)?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let refusal = Refusal::from_json(&json!({"error": error}));
            let is_transient = matches!(
                refusal.kind.as_str(),
                "server_error" | "rate_limit_exceeded" | "overloaded_error" | "overloaded"
            );
            return Err(StreamError::Reported { refusal, is_transient });
        }
        if let Some(usage) = chunk.usage.and_then(ChunkUsage::counted) {
            answer.usage = Some(usage);
        }
        let Some(choice) = chunk.choices.into_iter().flatten().next() else { return Ok(()) };
        let delta = choice.delta.unwrap_or_default();
        answer.text.push_str(delta.content.as_deref().unwrap_or_default());
        if let Some(refusal) = delta.refusal.filter(|refusal| !refusal.is_empty()) {
            return Err(StreamError::Declined(refusal));
        }
        match choice.finish_reason.as_deref() {
            None | Some("") => {}
            Some("content_filter") => {
                return Err(StreamError::Declined("its content filter stopped it.".to_owned()));
            }
            Some(_) => answer.ended = true,
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<ChunkUsage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    /// The new text; `message` where the answer comes all at once.
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct ChunkUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Default, Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl ChunkUsage {
    /// Returns the usage; `None` when nothing was counted: no prompt is empty.
    fn counted(self) -> Option<Usage> {
        let input = self.prompt_tokens.filter(|tokens| *tokens > 0)?;
        let mut output = self.completion_tokens?;
        let prompt = self.prompt_tokens_details.unwrap_or_default();
        let completion = self.completion_tokens_details.unwrap_or_default();
        let reasoning = completion.reasoning_tokens.unwrap_or(0);
        // For OpenAI the output includes the reasoning; for some others, as their total shows, not.
        let apart = input.checked_add(output).and_then(|sum| sum.checked_add(reasoning));
        if reasoning > 0 && self.total_tokens.is_some() && self.total_tokens == apart {
            output = output.saturating_add(reasoning);
        }
        let (read, written) = (prompt.cached_tokens, prompt.cache_write_tokens);
        let usage = Usage::counted(input, output)
            .with_cache(read.unwrap_or(0), written.unwrap_or(0))
            .with_reasoning(reasoning);
        Some(usage)
    }
}

#[cfg(test)]
mod tests;
