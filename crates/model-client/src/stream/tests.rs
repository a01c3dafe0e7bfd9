//! Tests of streams that break off, make no sense or never end.

use crate::{
    provider::ProviderError,
    providers::openai::OpenAi,
    replay::{TEXT, endpoint, replay},
};

const ANSWER: &[u8] = include_bytes!("../../tests/fixtures/openai/answer.sse");

fn openai() -> OpenAi {
    OpenAi::new(endpoint())
}

#[tokio::test]
async fn an_answer_that_ends_too_soon_is_no_answer() {
    let end = ANSWER.windows(6).rposition(|window| window == b"\"stop\"").unwrap();
    let first_word = ANSWER.windows(5).position(|window| window == b"Hello").unwrap();
    // Whatever is lost of it, up to the word that it is complete.
    for length in (0..end).step_by(7) {
        let (answer, _) = replay(&openai(), &ANSWER[..length], 100).await;
        match answer {
            Err(ProviderError::Interrupted { received, .. }) if received > 0 => {}
            Err(ProviderError::NoAnswer(_)) if length < first_word + 100 => {}
            Err(ProviderError::Garbled) if (1..400).contains(&length) => {}
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_complete_answer_that_loses_its_count_is_still_one() {
    let end = ANSWER.windows(6).rposition(|window| window == b"\"stop\"").unwrap();
    let rest = ANSWER[end..].windows(2).position(|window| window == b"\n\n").unwrap();
    let (answer, _) = replay(&openai(), &ANSWER[..end + rest + 2], 100).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.usage), (TEXT, None));
}

#[tokio::test]
async fn what_is_no_stream_of_events_makes_no_sense() {
    for body in
        [&b"<html>Log in to the network</html>"[..], b"data: {\"choices\": oops}\n\n", b"\xff\n\n"]
    {
        let (answer, _) = replay(&openai(), body, 10).await;
        assert!(matches!(answer, Err(ProviderError::Garbled)), "{answer:?}");
    }
}

#[tokio::test]
async fn no_answer_is_taken_that_could_fill_the_memory() {
    let line = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "x".repeat(9000)
    );
    let (answer, _) = replay(&openai(), line.repeat(500).as_bytes(), 16_384).await;
    assert!(matches!(answer, Err(ProviderError::TooLarge)), "{answer:?}");
    let one_line = format!("data: {}", "x".repeat(5_000_000));
    let (answer, _) = replay(&openai(), one_line.as_bytes(), 16_384).await;
    assert!(matches!(answer, Err(ProviderError::TooLarge)), "{answer:?}");
}
