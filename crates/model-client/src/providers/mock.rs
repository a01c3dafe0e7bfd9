//! A provider without a network: the same question always gets the same answer, and the model's name says
//! how it behaves.
//!
//! A name is `mock` and any of these words, each at most once, joined by `-`:
//!
//! | word | what it does |
//! |---|---|
//! | `slow`, `slow-<ms>` | takes 200 ms, or `<ms>` (60,000 at most), over the chunks of its answer |
//! | `echo` | answers with the prompt itself |
//! | `seed-<n>` | gives other answers than without, or with another n |
//! | `fail` | always fails |
//! | `flaky` | fails on about one question in four, and always on the same ones |
//! | `rate-limited` | always asks to come back later |
//! | `rate-limited-once` | does so once, and answers when it is asked the same again |
//! | `cut` | stops in the middle of its answer |
//!
//! `mock-model` is another name of `mock`, and gives its answers.
//!
//! A token is four characters, the last one maybe fewer: crude, but anyone can check it.

mod behaviour;

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use self::behaviour::{Behaviour, RateLimit};
use crate::{
    completion::{Completion, CompletionRequest, Usage},
    provider::{OnChunk, Provider, ProviderError},
};

const CHARS_PER_TOKEN: usize = 4;

/// The wait that it asks for.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The characters of the prompt that the answer repeats.
const QUOTED_CHARS: usize = 200;

/// The most rate-limited questions that are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Default)]
pub struct Mock {
    /// Questions that were rate-limited once, and not asked again yet.
    rate_limited: Mutex<HashSet<[u8; 32]>>,
}

impl Provider for Mock {
    fn serves(&self, model: &str) -> bool {
        Behaviour::parse(model).is_some()
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        on_chunk: OnChunk<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>> {
        Box::pin(async move {
            let Some(behaviour) = Behaviour::parse(&request.model) else {
                return Err(ProviderError::Failed("there is no such model"));
            };
            let fingerprint = fingerprint(request);
            if behaviour.fails {
                return Err(ProviderError::Failed("this model always fails"));
            }
            if behaviour.is_flaky && fingerprint[0] < u8::MAX / 4 {
                return Err(ProviderError::Failed("this model fails on some questions"));
            }
            let is_limited = match behaviour.rate_limit {
                RateLimit::Never => false,
                RateLimit::Always => true,
                RateLimit::Once => self.limits_once(fingerprint),
            };
            if is_limited {
                return Err(ProviderError::RateLimited { retry_after: RETRY_AFTER });
            }
            let completion = answer(request, &behaviour, fingerprint);
            stream_text(&completion.text, &behaviour, on_chunk).await?;
            Ok(completion)
        })
    }
}

impl Mock {
    /// Tells whether this question is asked for the first time, or again after it was answered.
    fn limits_once(&self, fingerprint: [u8; 32]) -> bool {
        let mut rate_limited = self.rate_limited.lock().unwrap_or_else(PoisonError::into_inner);
        if rate_limited.remove(&fingerprint) {
            return false;
        }
        if rate_limited.len() >= REMEMBERED {
            rate_limited.clear();
        }
        rate_limited.insert(fingerprint)
    }
}

/// Gives the text to `on_chunk` token by token.
async fn stream_text(
    text: &str,
    behaviour: &Behaviour,
    on_chunk: OnChunk<'_>,
) -> Result<(), ProviderError> {
    let started = Instant::now();
    let chunks = chunks(text);
    let count = if behaviour.is_cut { chunks.len() / 2 } else { chunks.len() };
    let mut chars = 0;
    for (i, chunk) in chunks.iter().take(count).enumerate() {
        if let Some(slow) = behaviour.slow {
            let share = (i + 1) as f64 / chunks.len() as f64;
            sleep_until(started + slow.mul_f64(share)).await;
        }
        on_chunk(chunk);
        chars += chunk.chars().count();
    }
    if behaviour.is_cut {
        let why = "this model stops in the middle.".to_owned();
        return Err(ProviderError::Interrupted { received: chars, why });
    }
    Ok(())
}

/// Cuts the text into tokens.
fn chunks(text: &str) -> Vec<&str> {
    let starts: Vec<_> =
        text.char_indices().step_by(CHARS_PER_TOKEN).map(|(start, _)| start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

fn answer(request: &CompletionRequest, behaviour: &Behaviour, print: [u8; 32]) -> Completion {
    let text = if behaviour.is_echo {
        request.prompt.clone()
    } else {
        let quoted: String = request.prompt.chars().take(QUOTED_CHARS).collect();
        let print: String = print.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("Mock answer {print} to: {quoted}")
    };
    let limit = request.max_tokens.and_then(|tokens| usize::try_from(tokens).ok());
    let text = match limit {
        Some(tokens) => text.chars().take(tokens.saturating_mul(CHARS_PER_TOKEN)).collect(),
        None => text,
    };
    let system_prompt = request.system_prompt.as_deref().unwrap_or_default();
    let usage = Usage::counted(tokens(system_prompt) + tokens(&request.prompt), tokens(&text));
    Completion { text, usage }
}

/// Returns a digest that differs when anything about the question does.
fn fingerprint(request: &CompletionRequest) -> [u8; 32] {
    let known_as = match request.model.as_str() {
        behaviour::ALIAS => "mock",
        name => name,
    };
    let request = CompletionRequest { model: known_as.to_owned(), ..request.clone() };
    // Text and numbers always serialise.
    let question = serde_json::to_vec(&request).unwrap_or_default();
    let mut print = [0; 32];
    print.copy_from_slice(digest(&SHA256, &question).as_ref());
    print
}

fn tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(CHARS_PER_TOKEN) as u64
}

#[cfg(test)]
mod tests;
