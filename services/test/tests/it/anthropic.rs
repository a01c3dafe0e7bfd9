//! Tests on a server that answers as Anthropic does.

use serde_json::json;
use sqlx::PgPool;

use crate::{
    fixture,
    remote::{
        KEY, TEXT, asked, assert_no_key, body, events, patient, provider, question, refusal, run,
        start_at,
    },
    support::create,
};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_is_answered_counted_and_priced(pool: PgPool) {
    let server = provider([events(fixture!("anthropic/answer.sse"))]).await;
    let app = start_at(&pool, "ANTHROPIC", &server.uri()).await;
    let mut asking = question("ANTHROPIC", "claude-opus-5-5");
    asking["systemPrompt"] = json!("Be brief.");
    asking["temperature"] = json!(1);
    let test = create(&patient(&app), asking).await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["response"], TEXT);
    for (field, tokens) in [
        ("inputTokens", 135),
        ("cachedInputTokens", 100),
        ("outputTokens", 46),
        ("reasoningTokens", 32),
    ] {
        assert_eq!(test[field], tokens, "{field} in {test}");
    }
    // 25 × 4 + 100 × 0.20 + 10 written to the cache × 5 + 46 × 20, a millionth of it.
    assert_eq!(test["cost"].to_string(), "0.00109");
    assert_eq!(test["priceVersion"], "anthropic-2026-11-25");

    let requests = asked(&server).await;
    let request = &requests[0];
    assert_eq!(request.url.path(), "/v1/messages");
    assert_eq!(request.headers["x-api-key"], KEY);
    assert_eq!(request.headers["anthropic-version"], "2023-06-01");
    assert!(!request.headers.contains_key("authorization"));
    assert_eq!(
        body(request),
        json!({
            "model": "claude-opus-5-5",
            "system": "Be brief.",
            "messages": [{"role": "user", "content": "Greet мир."}],
            "max_tokens": 128_000,
            "temperature": 1.0,
            "stream": true,
        })
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_overloaded_provider_is_asked_again(pool: PgPool) {
    let answers = [
        refusal(529, fixture!("anthropic/529.json")),
        events(fixture!("anthropic/overloaded_at_once.sse")),
        events(fixture!("anthropic/answer.sse")),
    ];
    let server = provider(answers).await;
    let app = start_at(&pool, "ANTHROPIC", &server.uri()).await;
    let test = run(&app, "ANTHROPIC", "claude-opus-5-5").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["attempts"], 1);
    let requests = asked(&server).await;
    assert_eq!(requests.len(), 3);
    // One call to whoever reads the logs, and the same question each time.
    for request in &requests {
        assert_eq!(request.body, requests[0].body);
        let id = "x-client-request-id";
        assert_eq!(request.headers[id], requests[0].headers[id]);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn once_it_has_begun_to_answer_it_is_not_asked_again(pool: PgPool) {
    let server = provider([
        events(fixture!("anthropic/overloaded_later.sse")),
        events(fixture!("anthropic/cut.sse")),
    ])
    .await;
    let app = start_at(&pool, "ANTHROPIC", &server.uri()).await;
    for (asked_for, why) in [(1, "Overloaded"), (2, "the connection was lost.")] {
        let test = run(&app, "ANTHROPIC", "claude-opus-5-5").await;
        assert_eq!(test["status"], "FAILED");
        assert_eq!(test["attempts"], 1);
        let message =
            format!("The answer broke off after 7 characters, and is not asked for again: {why}");
        assert_eq!(test["errorMessage"], message);
        assert_eq!(
            (&test["response"], &test["responseIncomplete"]),
            (&json!("Half an"), &json!(true))
        );
        assert_eq!(asked(&server).await.len(), asked_for);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_temperature_that_it_does_not_take_is_told_without_asking(pool: PgPool) {
    let server = provider([events(fixture!("anthropic/answer.sse"))]).await;
    let app = start_at(&pool, "ANTHROPIC", &server.uri()).await;
    let mut asking = question("ANTHROPIC", "claude-opus-5-5");
    asking["temperature"] = json!(1.5);
    let test = create(&patient(&app), asking).await;
    assert_eq!(test["status"], "FAILED");
    let message = test["errorMessage"].as_str().unwrap();
    assert!(message.contains("temperatures from 0 to 1"), "{message}");
    assert!(asked(&server).await.is_empty());
    assert_no_key(&pool, &test).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_refusal_fails_the_test(pool: PgPool) {
    let server = provider([
        events(fixture!("anthropic/refusal.sse")),
        refusal(401, fixture!("anthropic/401.json")),
    ])
    .await;
    let app = start_at(&pool, "ANTHROPIC", &server.uri()).await;
    let declined = run(&app, "ANTHROPIC", "claude-opus-5-5").await;
    assert_eq!(declined["status"], "FAILED");
    let message = declined["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("The model declined to answer"), "{message}");
    let refused = run(&app, "ANTHROPIC", "claude-opus-5-5").await;
    let message = refused["errorMessage"].as_str().unwrap();
    assert_eq!(message, "The provider refused the request: 401: invalid x-api-key");
}
