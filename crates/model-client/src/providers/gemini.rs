//! Google's Gemini: `streamGenerateContent`.

use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    completion::{CompletionRequest, Usage},
    dialect::{Dialect, ProviderRequest, StreamError, StreamedAnswer},
    provider::ProviderError,
    refusal::Refusal,
    settings::Endpoint,
};

/// The key's header: in the query, where it could go as well, logs would show it.
static X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

pub struct Gemini {
    pub endpoint: Endpoint,
}

impl Dialect for Gemini {
    fn name(&self) -> &str {
        "GEMINI"
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Tells whether the name can be a part of the path.
    fn serves(&self, model: &str) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        model.starts_with(|c: char| c.is_ascii_alphanumeric()) && model.chars().all(fits)
    }

    fn build_request(&self, request: &CompletionRequest) -> Result<ProviderRequest, ProviderError> {
        let mut body = json!({
            "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        });
        if let Some(system_prompt) = &request.system_prompt {
            body["systemInstruction"] = json!({"parts": [{"text": system_prompt}]});
        }
        if let Some(temperature) = request.temperature {
            body["generationConfig"]["temperature"] = json!(temperature);
        }
        if let Some(max_tokens) = request.max_tokens {
            body["generationConfig"]["maxOutputTokens"] = json!(max_tokens);
        }
        if let Some(seed) = request.seed {
            body["generationConfig"]["seed"] = json!(seed);
        }
        let mut headers = HeaderMap::new();
        if let Some(value) = self.endpoint.key.as_ref().and_then(|key| key.header("")) {
            headers.insert(&X_GOOG_API_KEY, value);
        }
        let path = format!("/models/{}:streamGenerateContent?alt=sse", request.model);
        Ok(ProviderRequest { path, headers, body })
    }

    fn read_event(&self, event: &str, answer: &mut StreamedAnswer) -> Result<(), StreamError> {
        let chunk: Chunk = serde_json::from_str(event).map_err(|_| StreamError::Garbled)?;
        if let Some(error) = chunk.error {
            let refusal = Refusal::from_json(&json!({"error": error}));
            let is_transient = matches!(
                refusal.kind.as_str(),
                "UNAVAILABLE" | "INTERNAL" | "RESOURCE_EXHAUSTED" | "DEADLINE_EXCEEDED"
            );
            return Err(StreamError::Reported { refusal, is_transient });
        }
        if let Some(usage) = chunk.usage_metadata.and_then(UsageMetadata::counted) {
            answer.usage = Some(usage);
        }
        if let Some(reason) = chunk.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            return Err(StreamError::Declined(format!("the prompt was blocked ({reason}).")));
        }
        let candidate = chunk.candidates.into_iter().flatten().next();
        let Some(candidate) = candidate else { return Ok(()) };
        let parts = candidate.content.into_iter().flat_map(|content| content.parts).flatten();
        for part in parts.filter(|part| !part.thought) {
            answer.text.push_str(part.text.as_deref().unwrap_or_default());
        }
        match candidate.finish_reason.as_deref() {
            None | Some("FINISH_REASON_UNSPECIFIED") => {}
            Some("STOP" | "MAX_TOKENS") => answer.ended = true,
            // SAFETY, RECITATION, PROHIBITED_CONTENT and more: what came so far is no answer.
            Some(reason) => {
                return Err(StreamError::Declined(format!("the answer was stopped ({reason}).")));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<PromptFeedback>,
    usage_metadata: Option<UsageMetadata>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    parts: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    /// Whether this is the model thinking aloud, which is not its answer.
    #[serde(default)]
    thought: bool,
}

/// The tokens of the whole answer so far.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UsageMetadata {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
}

impl UsageMetadata {
    /// Returns the usage; `None` when nothing was counted: no prompt is empty.
    fn counted(self) -> Option<Usage> {
        let input = self.prompt_token_count.filter(|tokens| *tokens > 0)?;
        // The candidates' tokens leave out the thoughts.
        let thoughts = self.thoughts_token_count.unwrap_or(0);
        let output = self.candidates_token_count.unwrap_or(0).saturating_add(thoughts);
        let usage = Usage::counted(input, output)
            .with_cache(self.cached_content_token_count.unwrap_or(0), 0)
            .with_reasoning(thoughts);
        Some(usage)
    }
}

#[cfg(test)]
mod tests;
