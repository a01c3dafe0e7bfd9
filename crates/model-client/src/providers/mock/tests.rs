//! Tests of the mock.

use std::sync::Mutex;

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

fn of(model: &str) -> CompletionRequest {
    CompletionRequest { model: model.to_owned(), ..request() }
}

async fn ask(request: &CompletionRequest) -> Completion {
    Mock::default().complete(request, &|_| ()).await.unwrap()
}

/// Returns the answer, and its chunks.
async fn stream(model: &str) -> (Result<Completion, ProviderError>, Vec<String>) {
    let chunks = Mutex::new(Vec::new());
    let on_chunk = |chunk: &str| chunks.lock().unwrap().push(chunk.to_owned());
    let result = Mock::default().complete(&of(model), &on_chunk).await;
    (result, chunks.into_inner().unwrap())
}

#[tokio::test]
async fn the_same_question_gets_the_same_answer_and_another_one_another() {
    let first = ask(&request()).await;
    assert_eq!(first, ask(&request()).await);
    assert!(first.text.ends_with("Привет, мир!"), "{}", first.text);
    let warmer = CompletionRequest { temperature: Some(0.6), ..request() };
    assert_ne!(first.text, ask(&warmer).await.text);
    assert_ne!(ask(&of("mock-seed-1")).await, ask(&of("mock-seed-2")).await);
    assert_eq!(ask(&of("mock-echo")).await.text, request().prompt);
}

#[tokio::test]
async fn tokens_are_four_characters_and_max_tokens_cuts_the_answer() {
    let system_prompt = Some("12345".to_owned());
    let short = CompletionRequest { max_tokens: Some(3), system_prompt, ..request() };
    let completion = ask(&short).await;
    assert_eq!(completion.text, "Mock answer ");
    let Usage { input_tokens, output_tokens, .. } = completion.usage;
    assert_eq!((input_tokens, output_tokens), (5, 3));
}

#[tokio::test]
async fn the_answer_comes_in_pieces_that_make_it_up() {
    let (result, chunks) = stream("mock").await;
    assert!(chunks.len() > 5, "{chunks:?}");
    assert_eq!(chunks.concat(), result.unwrap().text);
}

#[tokio::test(start_paused = true)]
async fn a_slow_one_takes_the_time_that_its_name_says() {
    for (model, ms) in [("mock-slow", 200), ("mock-slow-1500", 1500)] {
        let started = Instant::now();
        let (result, chunks) = stream(model).await;
        assert_eq!(chunks.concat(), result.unwrap().text);
        let took = started.elapsed().as_millis();
        assert!((ms..ms + 100).contains(&took), "{model} took {took} ms");
    }
}

#[tokio::test]
async fn a_cut_one_is_heard_in_part_and_then_fails() {
    let (result, chunks) = stream("mock-cut").await;
    let chars = chunks.concat().chars().count();
    assert!(chars > 0);
    assert!(
        matches!(result, Err(ProviderError::Interrupted { received, .. }) if received == chars),
        "{result:?}"
    );
}

#[tokio::test]
async fn one_that_rate_limits_once_answers_when_asked_again() {
    let mock = Mock::default();
    for _ in 0..2 {
        let asked = of("mock-rate-limited-once");
        let first = mock.complete(&asked, &|_| ()).await;
        assert!(matches!(first, Err(ProviderError::RateLimited { .. })), "{first:?}");
        mock.complete(&asked, &|_| ()).await.unwrap();
    }
}

#[tokio::test]
async fn a_flaky_one_fails_on_some_questions_and_always_on_the_same() {
    let mock = Mock::default();
    let mut failed = 0;
    for i in 0..100 {
        let asked = CompletionRequest { prompt: format!("{i}"), ..of("mock-flaky") };
        let (once, again) = (
            mock.complete(&asked, &|_| ()).await.is_err(),
            mock.complete(&asked, &|_| ()).await.is_err(),
        );
        assert_eq!(once, again);
        failed += i32::from(once);
    }
    assert!((10..40).contains(&failed), "{failed}");
}
