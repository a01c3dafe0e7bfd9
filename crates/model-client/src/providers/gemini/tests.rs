//! Tests on recorded answers of Gemini's.

use super::*;
use crate::replay::{endpoint, read_at_every_size, replay, request};

fn gemini() -> Gemini {
    Gemini { endpoint: endpoint() }
}

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/gemini/", $name))
    };
}

#[tokio::test]
async fn an_answer_is_read_however_it_is_cut_into_pieces() {
    let answer = read_at_every_size(&gemini(), fixture!("answer.sse")).await;
    // 14 said and 32 thought.
    let expected = Usage::counted(1117, 46).with_cache(1024, 0).with_reasoning(32);
    assert_eq!(answer.usage, Some(expected));
}

#[tokio::test]
async fn a_blocked_prompt_and_a_stopped_answer_are_declined() {
    for (body, reason) in
        [(&fixture!("blocked.sse")[..], "PROHIBITED_CONTENT"), (fixture!("safety.sse"), "SAFETY")]
    {
        let (answer, _) = replay(&gemini(), body, 50).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, ProviderError::Declined(_)), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_stops_is_an_interrupted_answer() {
    let (answer, _) = replay(&gemini(), fixture!("cut.sse"), 50).await;
    assert!(matches!(answer, Err(ProviderError::Interrupted { received: 7, .. })), "{answer:?}");
}

#[test]
fn only_a_name_goes_into_the_path() {
    for model in ["gemini-2.5-pro", "gemini_x.1"] {
        assert!(gemini().serves(model), "{model}");
    }
    for model in ["", "..", "a/b", "a?key=x", "a:b", "a%2e", "a b", "é", "-a"] {
        assert!(!gemini().serves(model), "{model}");
    }
}

#[test]
fn what_was_not_asked_for_is_left_out() {
    let body = gemini().build_request(&request("m")).unwrap().body;
    assert!(body.get("generationConfig").is_none() && body.get("systemInstruction").is_none());
}
