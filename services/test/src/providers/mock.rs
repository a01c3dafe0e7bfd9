//! A provider that needs nothing and nobody: the same question always gets the same answer, and the
//! model's name tells it how to behave.
//!
//! A token is four characters, the last one maybe fewer: crude, but anyone can check it.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::BoxFuture;

use super::{Completion, CompletionRequest, Heard, Provider, ProviderError, Usage};
use crate::domain::UsageSource;

const CHARS_PER_TOKEN: usize = 4;

/// How long `mock-slow` takes.
const SLOW: Duration = Duration::from_millis(200);

/// When `mock-rate-limited` says to come back.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// How much of the prompt the answer repeats.
const QUOTED_CHARS: usize = 200;

pub struct Mock;

enum Behaviour {
    Answer,
    AnswerSlowly,
    Fail,
    RateLimit,
}

impl Behaviour {
    fn of(model: &str) -> Option<Self> {
        match model {
            "mock" => Some(Self::Answer),
            "mock-slow" => Some(Self::AnswerSlowly),
            "mock-fail" => Some(Self::Fail),
            "mock-rate-limited" => Some(Self::RateLimit),
            _ => None,
        }
    }
}

impl Provider for Mock {
    fn serves(&self, model: &str) -> bool {
        Behaviour::of(model).is_some()
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        heard: Heard<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>> {
        Box::pin(async move {
            let completion = match Behaviour::of(&request.model) {
                Some(Behaviour::Answer) => Ok(answer(request)),
                Some(Behaviour::AnswerSlowly) => {
                    tokio::time::sleep(SLOW).await;
                    Ok(answer(request))
                }
                Some(Behaviour::Fail) => Err(ProviderError::Failed("this model always fails")),
                Some(Behaviour::RateLimit) => {
                    Err(ProviderError::RateLimited { retry_after: RETRY_AFTER })
                }
                None => Err(ProviderError::Failed("there is no such model")),
            }?;
            heard(&completion.text);
            Ok(completion)
        })
    }
}

fn answer(request: &CompletionRequest) -> Completion {
    let quoted: String = request.prompt.chars().take(QUOTED_CHARS).collect();
    let text = format!("Mock answer {} to: {quoted}", fingerprint(request));
    let limit = request.max_tokens.and_then(|tokens| usize::try_from(tokens).ok());
    let text = match limit {
        Some(tokens) => text.chars().take(tokens.saturating_mul(CHARS_PER_TOKEN)).collect(),
        None => text,
    };
    let system_prompt = request.system_prompt.as_deref().unwrap_or_default();
    let usage = Usage {
        input_tokens: tokens(system_prompt) + tokens(&request.prompt),
        output_tokens: tokens(&text),
        cached_input_tokens: 0,
        reasoning_tokens: 0,
        source: UsageSource::Provider,
    };
    Completion { text, usage }
}

/// Differs when anything about the question does.
fn fingerprint(request: &CompletionRequest) -> String {
    // Text and numbers always serialise.
    let question = serde_json::to_vec(request).unwrap_or_default();
    digest(&SHA256, &question).as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn tokens(text: &str) -> u32 {
    u32::try_from(text.chars().count().div_ceil(CHARS_PER_TOKEN)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CompletionRequest {
        CompletionRequest {
            model: "mock".to_owned(),
            system_prompt: None,
            prompt: "Привет, мир!".to_owned(),
            temperature: Some(0.5),
            max_tokens: None,
            seed: None,
        }
    }

    #[tokio::test]
    async fn the_same_question_gets_the_same_answer_and_another_one_another() {
        let first = Mock.complete(&request(), &|_| ()).await.unwrap();
        assert_eq!(first, Mock.complete(&request(), &|_| ()).await.unwrap());
        assert!(first.text.ends_with("Привет, мир!"), "{}", first.text);
        let warmer = CompletionRequest { temperature: Some(0.6), ..request() };
        assert_ne!(first.text, Mock.complete(&warmer, &|_| ()).await.unwrap().text);
    }

    #[tokio::test]
    async fn tokens_are_four_characters_and_max_tokens_cuts_the_answer() {
        let system_prompt = Some("12345".to_owned());
        let short = CompletionRequest { max_tokens: Some(3), system_prompt, ..request() };
        let completion = Mock.complete(&short, &|_| ()).await.unwrap();
        assert_eq!(completion.text, "Mock answer ");
        let Usage { input_tokens, output_tokens, .. } = completion.usage;
        assert_eq!((input_tokens, output_tokens), (5, 3));
    }
}
