//! A provider that needs nothing and nobody: the same question always gets the same answer, and the
//! model's name tells it how to behave.
//!
//! A name is `mock` and any of these words, each at most once, joined by `-`:
//!
//! | word | what it does |
//! |---|---|
//! | `slow`, `slow-<ms>` | takes 200 ms, or so many (60,000 at most), over the pieces of its answer |
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

use super::{Completion, CompletionRequest, Heard, Provider, ProviderError, Usage};
use behaviour::{Behaviour, RateLimit};

const CHARS_PER_TOKEN: usize = 4;

/// When it says to come back.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// How much of the prompt the answer repeats.
const QUOTED_CHARS: usize = 200;

/// How many questions that were turned away once it remembers.
const REMEMBERED: usize = 10_000;

#[derive(Default)]
pub struct Mock {
    /// Questions that were turned away once, and not asked again yet.
    turned_away: Mutex<HashSet<[u8; 32]>>,
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
            let Some(behaviour) = Behaviour::of(&request.model) else {
                return Err(ProviderError::Failed("there is no such model"));
            };
            let fingerprint = fingerprint(request);
            if behaviour.fails {
                return Err(ProviderError::Failed("this model always fails"));
            }
            if behaviour.is_flaky && fingerprint[0] < u8::MAX / 4 {
                return Err(ProviderError::Failed("this model fails on some questions"));
            }
            let turns_away = match behaviour.rate_limit {
                RateLimit::Never => false,
                RateLimit::Always => true,
                RateLimit::Once => self.turns_away(fingerprint),
            };
            if turns_away {
                return Err(ProviderError::RateLimited { retry_after: RETRY_AFTER });
            }
            let completion = answer(request, &behaviour, fingerprint);
            say(&completion.text, &behaviour, heard).await?;
            Ok(completion)
        })
    }
}

impl Mock {
    /// Whether this question is asked for the first time, or again after it was answered.
    fn turns_away(&self, fingerprint: [u8; 32]) -> bool {
        let mut turned_away = self.turned_away.lock().unwrap_or_else(PoisonError::into_inner);
        if turned_away.remove(&fingerprint) {
            return false;
        }
        if turned_away.len() >= REMEMBERED {
            turned_away.clear();
        }
        turned_away.insert(fingerprint)
    }
}

/// Gives the answer token by token.
async fn say(text: &str, behaviour: &Behaviour, heard: Heard<'_>) -> Result<(), ProviderError> {
    let started = Instant::now();
    let pieces = pieces(text);
    let told = if behaviour.is_cut { pieces.len() / 2 } else { pieces.len() };
    let mut chars = 0;
    for (i, piece) in pieces.iter().take(told).enumerate() {
        if let Some(slow) = behaviour.slow {
            let share = (i + 1) as f64 / pieces.len() as f64;
            sleep_until(started + slow.mul_f64(share)).await;
        }
        heard(piece);
        chars += piece.chars().count();
    }
    if behaviour.is_cut {
        let why = "this model stops in the middle.".to_owned();
        return Err(ProviderError::Interrupted { heard: chars, why });
    }
    Ok(())
}

/// The text, a token each.
fn pieces(text: &str) -> Vec<&str> {
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

/// Differs when anything about the question does.
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
