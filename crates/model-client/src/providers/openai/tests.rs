//! Tests on recorded answers of OpenAI's.

use super::*;
use crate::{
    provider::ProviderError,
    replay::{endpoint, read_at_every_size, replay, request},
};

fn openai() -> OpenAi {
    OpenAi::new(endpoint())
}

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/openai/", $name))
    };
}

fn counted(usage: &str) -> Option<Usage> {
    serde_json::from_str::<ChunkUsage>(usage).unwrap().counted()
}

#[tokio::test]
async fn an_answer_is_read_however_it_is_cut_into_pieces() {
    let answer = read_at_every_size(&openai(), fixture!("answer.sse")).await;
    let expected = Usage::counted(1117, 46).with_cache(1024, 0).with_reasoning(32);
    assert_eq!(answer.usage, Some(expected));
}

#[tokio::test]
async fn an_answer_that_reaches_its_limit_is_one() {
    let (answer, _) = replay(&openai(), fixture!("length.sse"), 50).await;
    assert_eq!(answer.unwrap().text, "Half a sen");
}

#[tokio::test]
async fn a_refusal_and_a_filtered_answer_are_declined() {
    for body in [&fixture!("refusal.sse")[..], fixture!("filtered.sse")] {
        let (answer, _) = replay(&openai(), body, 50).await;
        assert!(matches!(answer, Err(ProviderError::Declined(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn an_error_in_the_stream_is_told() {
    let body = br#"data: {"error":{"message":"The server had an error.","type":"server_error"}}

"#;
    let (answer, _) = replay(&openai(), body, 50).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    let body = br#"data: {"error":"model 'x' not found"}

"#;
    let (answer, _) = replay(&openai(), body, 50).await;
    assert!(matches!(answer, Err(ProviderError::Rejected(_))), "{answer:?}");
}

#[test]
fn parts_that_others_leave_out_or_write_as_null_do_no_harm() {
    for event in [
        r#"{}"#,
        r#"{"choices":null,"usage":null,"error":null}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":[{}]}"#,
        r#"{"choices":[{"delta":null,"finish_reason":null}]}"#,
        r#"{"choices":[{"delta":{"content":null,"reasoning_content":"hm","tool_calls":[]}}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#,
    ] {
        let mut answer = StreamedAnswer::default();
        openai().read_event(event, &mut answer).unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.usage, answer.ended),
            ("", None, false),
            "{event}"
        );
    }
}

#[test]
fn tokens_are_counted_from_the_whole_usage_block() {
    let written = r#"{"prompt_tokens":10,"completion_tokens":2,
        "prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":5}}"#;
    assert_eq!(counted(written), Some(Usage::counted(10, 2).with_cache(4, 5)));
    let plain = r#"{"prompt_tokens":10,"completion_tokens":2,
        "prompt_tokens_details":null,"completion_tokens_details":null}"#;
    assert_eq!(counted(plain), Some(Usage::counted(10, 2)));
    assert_eq!(counted(r#"{"prompt_tokens":0,"completion_tokens":0}"#), None);
    assert_eq!(counted("{}"), None);
}

#[test]
fn thinking_that_an_endpoint_counts_apart_is_added_to_the_output() {
    let apart = r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":19,
        "completion_tokens_details":{"reasoning_tokens":7}}"#;
    assert_eq!(counted(apart), Some(Usage::counted(10, 9).with_reasoning(7)));
    let within = r#"{"prompt_tokens":10,"completion_tokens":9,"total_tokens":19,
        "completion_tokens_details":{"reasoning_tokens":7}}"#;
    assert_eq!(counted(within), Some(Usage::counted(10, 9).with_reasoning(7)));
}

#[test]
fn counts_that_do_not_add_up_are_cut_down() {
    let odd = r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12,
        "prompt_tokens_details":{"cached_tokens":99,"cache_write_tokens":99},
        "completion_tokens_details":{"reasoning_tokens":99}}"#;
    let usage = counted(odd).unwrap();
    assert_eq!((usage.cached_input_tokens, usage.cache_write_tokens), (10, 0));
    assert_eq!((usage.reasoning_tokens, usage.output_tokens), (2, 2));
    let huge = format!(r#"{{"prompt_tokens":{0},"completion_tokens":{0}}}"#, u64::MAX);
    assert_eq!(counted(&huge).unwrap().input_tokens, u32::MAX);
}

#[test]
fn the_limit_of_the_answer_has_another_name_elsewhere() {
    let limited = CompletionRequest { max_tokens: Some(7), ..request("m") };
    let body = openai().build_request(&limited).unwrap().body;
    assert_eq!(body["max_completion_tokens"], 7);
    assert!(body.get("max_tokens").is_none() && body.get("temperature").is_none(), "{body}");
    let body = OpenAi::compatible("local", endpoint()).build_request(&limited).unwrap().body;
    assert_eq!(body["max_tokens"], 7);
    assert!(body.get("max_completion_tokens").is_none(), "{body}");
}
