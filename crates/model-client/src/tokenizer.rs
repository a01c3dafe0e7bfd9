//! Counts tokens where a provider does not report them.
//!
//! Only some that speak as OpenAI does leave it out, and each of their models has a vocabulary of its
//! own. `cl100k_base` is the root of those of Llama 3 and Qwen, and half the weight of its successor:
//! 4 MB of program, and 25 MB of memory once it is first used (the successor: 6 and 50).

use tiktoken_rs::cl100k_base_singleton;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::completion::{CompletionRequest, Usage, UsageSource};

/// The bytes that are counted at once, so that no text, however strange, takes long. A cut may add a token.
const PIECE_BYTES: usize = 8 * 1024;

/// The estimated bytes of a token, should the tokenizer fail.
const BYTES_PER_TOKEN: usize = 4;

/// The texts that are counted at once: the longest answer takes the better part of a second.
static COUNTERS: Semaphore = Semaphore::const_new(2);

/// Estimates the tokens of a question and of an answer or a part of one. What a provider adds to mark who
/// speaks is not counted.
pub async fn estimate(request: &CompletionRequest, answer: &str) -> Usage {
    let system_prompt = request.system_prompt.clone().unwrap_or_default();
    let texts = [system_prompt, request.prompt.clone(), answer.to_owned()];
    let rough = texts.each_ref().map(|text| text.len().div_ceil(BYTES_PER_TOKEN));
    // Never closed, so there is always a permit in the end.
    let _permit = COUNTERS.acquire().await;
    // The first use reads the vocabulary, which takes 80 ms.
    let counted = spawn_blocking(move || texts.each_ref().map(|text| tokens(text))).await;
    let [system_prompt, prompt, answer] = counted.unwrap_or(rough);
    let usage = Usage::counted((system_prompt + prompt) as u64, answer as u64);
    Usage { source: UsageSource::Tokenizer, ..usage }
}

fn tokens(mut text: &str) -> usize {
    let mut count = 0;
    while !text.is_empty() {
        let (piece, rest) = text.split_at(text.floor_char_boundary(PIECE_BYTES));
        count += cl100k_base_singleton().count_ordinary(piece);
        text = rest;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_are_counted_as_the_vocabulary_has_them() {
        let request = CompletionRequest {
            model: "m".to_owned(),
            system_prompt: Some("hello world".to_owned()),
            prompt: "Привет".to_owned(),
            temperature: None,
            max_tokens: None,
            seed: None,
        };
        let usage = estimate(&request, "tiktoken is great!").await;
        assert_eq!(usage.source, UsageSource::Tokenizer);
        assert_eq!(usage.output_tokens, 6);
        assert_eq!(usage.input_tokens, 2 + 3);
    }

    #[test]
    fn strange_texts_are_counted_too_and_soon() {
        let started = std::time::Instant::now();
        for text in ["", " ", "a", "\n \n", "\u{0}", "😀", "́"] {
            let count = tokens(&text.repeat(100_000));
            assert_eq!(count == 0, text.is_empty(), "{text:?}");
        }
        assert!(started.elapsed().as_secs() < 30);
    }
}
