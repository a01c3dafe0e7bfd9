//! Tests on recorded answers of Anthropic's.

use super::*;
use crate::replay::{endpoint, read_at_every_size, replay, request};

fn anthropic() -> Anthropic {
    Anthropic { endpoint: endpoint(), prices: Arc::new(PriceTable::load().unwrap()) }
}

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/anthropic/", $name))
    };
}

#[tokio::test]
async fn an_answer_is_read_however_it_is_cut_into_pieces() {
    let answer = read_at_every_size(&anthropic(), fixture!("answer.sse")).await;
    // 25 of its own count, 100 from the cache and 10 into it.
    let expected = Usage::counted(135, 46).with_cache(100, 10).with_reasoning(32);
    assert_eq!(answer.usage, Some(expected));
}

#[tokio::test]
async fn a_refusal_is_declined() {
    let (answer, _) = replay(&anthropic(), fixture!("refusal.sse"), 50).await;
    assert!(matches!(answer, Err(ProviderError::Declined(_))), "{answer:?}");
}

#[tokio::test]
async fn an_overloaded_provider_is_asked_again_only_before_it_said_anything() {
    let (answer, _) = replay(&anthropic(), fixture!("overloaded_at_once.sse"), 50).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    let (answer, chunks) = replay(&anthropic(), fixture!("overloaded_later.sse"), 50).await;
    assert!(matches!(answer, Err(ProviderError::Interrupted { received: 7, .. })), "{answer:?}");
    assert_eq!(chunks, ["Half an"]);
}

#[tokio::test]
async fn a_stream_that_stops_is_an_interrupted_answer() {
    let (answer, _) = replay(&anthropic(), fixture!("cut.sse"), 50).await;
    assert!(matches!(answer, Err(ProviderError::Interrupted { received: 7, .. })), "{answer:?}");
}

#[test]
fn events_that_are_yet_to_be_invented_are_passed_over() {
    let mut answer = StreamedAnswer::default();
    anthropic().read_event(r#"{"type":"new_thing","x":1}"#, &mut answer).unwrap();
    anthropic()
        .read_event(r#"{"type":"content_block_delta","delta":{"type":"new_delta"}}"#, &mut answer)
        .unwrap();
    assert_eq!(answer.text, "");
}

#[test]
fn input_that_is_counted_at_the_end_counts() {
    let mut answer = StreamedAnswer::default();
    for event in [
        r#"{"type":"message_start","message":{"usage":{"input_tokens":0,"output_tokens":0}}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},
            "usage":{"input_tokens":9,"output_tokens":4}}"#,
    ] {
        anthropic().read_event(event, &mut answer).unwrap();
    }
    assert_eq!(answer.usage, Some(Usage::counted(9, 4)));
    assert!(answer.ended);
}

#[test]
fn the_limit_is_the_callers_or_the_models_or_ours() {
    let limit = |request: CompletionRequest| {
        anthropic().build_request(&request).unwrap().body["max_tokens"].clone()
    };
    let given = CompletionRequest { max_tokens: Some(7), ..request("claude-haiku-4-5") };
    assert_eq!(limit(given), 7);
    assert_eq!(limit(request("claude-haiku-4-5-20251001")), 64_000);
    assert_eq!(limit(request("claude-unheard-of")), DEFAULT_MAX_TOKENS);
}

#[test]
fn a_temperature_above_one_is_not_asked_for() {
    let warm = |temperature| CompletionRequest { temperature: Some(temperature), ..request("m") };
    assert_eq!(anthropic().build_request(&warm(1.0)).unwrap().body["temperature"], 1.0);
    let error = anthropic().build_request(&warm(1.1)).err().unwrap().to_string();
    assert!(error.contains("temperatures from 0 to 1"), "{error}");
}
