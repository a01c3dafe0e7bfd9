//! Tests on a server that answers as Gemini does.

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
    let server = provider([events(fixture!("gemini/answer.sse"))]).await;
    let app = start_at(&pool, "GEMINI", &format!("{}/v1beta", server.uri())).await;
    let mut asking = question("GEMINI", "gemini-2.5-pro");
    asking["systemPrompt"] = json!("Be brief.");
    asking["temperature"] = json!(0.5);
    asking["maxTokens"] = json!(100);
    let test = create(&patient(&app), asking).await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    // What it thought is not what it said.
    assert_eq!(test["response"], TEXT);
    for (field, tokens) in [
        ("inputTokens", 1117),
        ("cachedInputTokens", 1024),
        ("outputTokens", 46),
        ("reasoningTokens", 32),
    ] {
        assert_eq!(test[field], tokens, "{field} in {test}");
    }
    // 93 × 1.25 + 1024 × 0.125 + 46 × 10, a millionth of it.
    assert_eq!(test["cost"].to_string(), "0.00070425");

    let requests = asked(&server).await;
    let request = &requests[0];
    assert_eq!(request.url.path(), "/v1beta/models/gemini-2.5-pro:streamGenerateContent");
    // The key is not in the address, where logs would show it.
    assert_eq!(request.url.query(), Some("alt=sse"));
    assert_eq!(request.headers["x-goog-api-key"], KEY);
    assert_eq!(
        body(request),
        json!({
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Greet мир."}]}],
            "generationConfig": {"temperature": 0.5, "maxOutputTokens": 100},
        })
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn the_wait_that_it_asks_for_in_the_body_is_kept_to(pool: PgPool) {
    let answers =
        [refusal(429, fixture!("gemini/429.json")), events(fixture!("gemini/answer.sse"))];
    let server = provider(answers).await;
    let app = start_at(&pool, "GEMINI", &server.uri()).await;
    let test = run(&app, "GEMINI", "gemini-2.5-pro").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert!(test["responseTimeMs"].as_i64().unwrap() >= 1000, "{test}");
    assert_eq!(asked(&server).await.len(), 2);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_blocked_prompt_a_stopped_answer_and_a_bad_key_fail_the_test(pool: PgPool) {
    let server = provider([
        events(fixture!("gemini/blocked.sse")),
        events(fixture!("gemini/safety.sse")),
        refusal(400, fixture!("gemini/400_key.json")),
    ])
    .await;
    let app = start_at(&pool, "GEMINI", &server.uri()).await;
    for message in [
        "The model declined to answer: the prompt was blocked (PROHIBITED_CONTENT).",
        "The model declined to answer: the answer was stopped (SAFETY).",
        "The provider refused the request: 400: API key not valid. Please pass a valid API key.",
    ] {
        let test = run(&app, "GEMINI", "gemini-2.5-pro").await;
        assert_eq!(test["status"], "FAILED");
        assert_eq!(test["errorMessage"], message);
        assert_no_key(&pool, &test).await;
    }
    assert_eq!(asked(&server).await.len(), 3);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_name_that_would_lead_elsewhere_is_no_model(pool: PgPool) {
    let server = provider([events(fixture!("gemini/answer.sse"))]).await;
    let app = start_at(&pool, "GEMINI", &server.uri()).await;
    for model in ["../files", "a?key=b", "a:b"] {
        let answer = patient(&app).post("/api/tests", question("GEMINI", model)).await;
        answer.expect_problem(422, "MODEL_UNKNOWN");
    }
    assert!(asked(&server).await.is_empty());
}
