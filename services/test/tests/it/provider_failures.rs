//! What goes wrong between us and a provider, whichever it is.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use testkit::eventually;
use wiremock::ResponseTemplate;

use crate::{
    fixture,
    remote::{
        LONG, asked, assert_no_key, endless, events, patient, provider, question, refusal, run,
        stalling, start_at, start_at_with,
    },
    support::{NOWHERE, create, path},
};

const FIRST: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Half an\"}}]}\n\n";

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_that_says_when_to_come_back_is_asked_again_then(pool: PgPool) {
    let wait = refusal(429, fixture!("openai/429.json")).insert_header("retry-after", "1");
    let server = provider([wait, events(fixture!("openai/answer.sse"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["attempts"], 1);
    assert!(test["responseTimeMs"].as_i64().unwrap() >= 1000, "{test}");
    assert_eq!(asked(&server).await.len(), 2);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_long_wait_is_spent_in_the_queue(pool: PgPool) {
    let wait = refusal(429, fixture!("openai/429.json")).insert_header("retry-after", "600");
    let server = provider([wait]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let client = patient(&app).with_header("prefer", "wait=0");
    let test = create(&client, question("OPENAI", "gpt-4o")).await;
    eventually("the test to be queued again", || async {
        let test = client.get(&path(&test)).await.expect(200);
        (test["attempts"] == 1 && test["status"] == "PENDING").then_some(())
    })
    .await;
    assert_eq!(asked(&server).await.len(), 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_that_stumbles_is_asked_again_and_one_that_stays_down_is_given_up(pool: PgPool) {
    let server = provider([
        refusal(500, "{\"error\":{\"message\":\"The server had an error.\"}}"),
        refusal(502, "<html>Bad gateway</html>"),
        events(fixture!("openai/answer.sse")),
        refusal(503, "").insert_header("x-request-id", "req_9"),
    ])
    .await;
    // The third answer is given once, the last one ever after.
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(asked(&server).await.len(), 3);
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["errorMessage"], "The provider is having trouble: status 503. (request req_9)");
    assert_eq!(asked(&server).await.len(), 6);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_that_nobody_answers_for_cannot_be_reached(pool: PgPool) {
    let app = start_at(&pool, "OPENAI", NOWHERE).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["errorMessage"], "The provider cannot be reached.");
    assert_no_key(&pool, &test).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_that_breaks_off_is_not_asked_for_again(pool: PgPool) {
    let server = provider([events(fixture!("openai/cut.sse"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["attempts"], 1);
    assert_eq!(
        test["errorMessage"],
        "The answer broke off after 11 characters, and is not asked for again: the connection was \
         lost."
    );
    assert_eq!(test["response"], "Half an ans");
    assert_eq!(test["responseIncomplete"], true);
    assert_eq!((&test["usageSource"], &test["outputTokens"]), (&"TOKENIZER".into(), &3.into()));
    assert!(test["inputTokens"].as_i64().unwrap() > 0 && test["score"].is_null(), "{test}");
    assert!(test["cost"].as_f64().unwrap() > 0.0 && test["priceVersion"].is_string(), "{test}");
    assert_eq!(asked(&server).await.len(), 1);
    // Another process on the same queue would take the next test as well.
    app.stop().await;

    let app = start_at(&pool, "OPENAI", &stalling(&[FIRST], true).await).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    let message = test["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("The answer broke off after 7 characters"), "{message}");
    assert_eq!((&test["response"], &test["responseIncomplete"]), (&"Half an".into(), &true.into()));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_that_takes_too_long_is_not_waited_for(pool: PgPool) {
    let slow = events(fixture!("openai/answer.sse")).set_delay(LONG);
    let silent = provider([slow]).await.uri();
    let hanging = stalling(&[FIRST], false).await;
    let started = Instant::now();
    for (url, deadline) in [
        (&silent, "PROVIDER_FIRST_BYTE_TIMEOUT_SECONDS"),
        (&hanging, "PROVIDER_IDLE_TIMEOUT_SECONDS"),
        (&hanging, "PROVIDER_TIMEOUT_SECONDS"),
    ] {
        let app = start_at_with(&pool, "OPENAI", url, &[(deadline, "1")]).await;
        let test = run(&app, "OPENAI", "gpt-4o").await;
        assert_eq!(test["status"], "FAILED", "{deadline}");
        assert_eq!(test["errorMessage"], "The provider did not answer in time.", "{deadline}");
        assert_eq!(test["attempts"], 1);
        let half = if url == &hanging { "Half an".into() } else { serde_json::Value::Null };
        assert_eq!(test["response"], half, "{deadline}");
        app.stop().await;
    }
    assert!(started.elapsed() < LONG);
    assert!(started.elapsed() >= Duration::from_secs(3));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_makes_no_sense_is_no_answer(pool: PgPool) {
    let page = || ResponseTemplate::new(200).set_body_raw("<html>Log in</html>", "text/html");
    let server =
        provider([page(), events("data: not json\n\n"), refusal(200, "{\"choices\":")]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    for _ in 0..3 {
        let test = run(&app, "OPENAI", "gpt-4o").await;
        assert_eq!(test["status"], "FAILED");
        assert_eq!(test["errorMessage"], "The provider's answer makes no sense.");
    }
    assert_eq!(asked(&server).await.len(), 3);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stream_without_a_word_is_said_to_be_one_with_what_may_be_the_reason(pool: PgPool) {
    let said_nothing = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    let server = provider([
        events(""),
        events(": ping\r\n\r\n: ping\n\n"),
        events("data: [DONE]\n\n"),
        events(said_nothing),
    ])
    .await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    for _ in 0..4 {
        let test = run(&app, "OPENAI", "gpt-4o").await;
        assert_eq!(test["status"], "FAILED");
        let message = test["errorMessage"].as_str().unwrap();
        assert!(message.starts_with("No answer came: "), "{message}");
        assert!(message.contains("context window"), "{message}");
        assert!(test["response"].is_null() && test["responseIncomplete"] == false, "{test}");
    }
    // What was charged for is not asked for again.
    assert_eq!(asked(&server).await.len(), 4);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_endless_answer_is_not_taken(pool: PgPool) {
    let much = FIRST.replace("Half an", &"Half an".repeat(100));
    let app = start_at(&pool, "OPENAI", &endless(much).await).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["errorMessage"], "The provider's answer is too large to be kept.");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_redirect_does_not_carry_the_key_away(pool: PgPool) {
    let elsewhere = provider([events(fixture!("openai/answer.sse"))]).await;
    let redirect = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    let server = provider([redirect]).await;
    for prefix in ["OPENAI", "ANTHROPIC", "GEMINI"] {
        let app = start_at(&pool, prefix, &server.uri()).await;
        let test = run(&app, prefix, "m").await;
        assert_eq!(test["status"], "FAILED");
        assert_eq!(test["errorMessage"], "The provider refused the request: status 307.");
        app.stop().await;
    }
    assert!(asked(&elsewhere).await.is_empty());
}
