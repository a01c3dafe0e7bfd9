//! Tests on a server that answers as OpenAI does.

use serde_json::json;
use sqlx::PgPool;

use crate::{
    fixture,
    remote::{
        KEY, TEXT, asked, assert_no_key, body, events, patient, provider, refusal, run, start_at,
    },
    support::create,
};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_is_answered_counted_and_priced(pool: PgPool) {
    let server = provider([events(fixture!("openai/answer.sse"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let question = json!({
        "promptContent": "Greet {{name}}.", "variables": {"name": "мир"},
        "systemPrompt": "Be brief.", "temperature": 0.2, "maxTokens": 100,
        "modelProvider": "OPENAI", "modelName": "gpt-4o",
    });
    let test = create(&patient(&app), question).await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["response"], TEXT);
    for (field, tokens) in [
        ("inputTokens", 1117),
        ("cachedInputTokens", 1024),
        ("outputTokens", 46),
        ("reasoningTokens", 32),
        ("tokenCount", 1163),
    ] {
        assert_eq!(test[field], tokens, "{field} in {test}");
    }
    assert_eq!(test["usageSource"], "PROVIDER");
    // 93 × 2.50 + 1024 × 1.25 + 46 × 10.00, a millionth of it.
    assert_eq!(test["cost"].to_string(), "0.0019725");
    assert_eq!(test["priceVersion"], "openai-2026-11-25");

    let requests = asked(&server).await;
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.url.path(), "/chat/completions");
    assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(request.headers["accept"], "text/event-stream");
    assert!(!request.headers["x-client-request-id"].is_empty());
    assert_eq!(
        body(request),
        json!({
            "model": "gpt-4o",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Greet мир."},
            ],
            "temperature": 0.2,
            "max_completion_tokens": 100,
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_model_that_the_table_does_not_know_has_no_cost(pool: PgPool) {
    let server = provider([events(fixture!("openai/answer.sse"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-unheard-of").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["inputTokens"], 1117);
    assert!(test["cost"].is_null() && test["priceVersion"].is_null(), "{test}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn where_the_provider_does_not_count_we_do_and_say_so(pool: PgPool) {
    let server = provider([events(fixture!("openai/no_usage.sse"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["usageSource"], "TOKENIZER");
    assert_eq!(test["outputTokens"], 6);
    assert!(test["inputTokens"].as_i64().unwrap() > 0);
    assert!(test["cost"].is_number(), "{test}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_refused_key_is_told_and_the_key_itself_is_not(pool: PgPool) {
    let answer = refusal(401, fixture!("openai/401.json"));
    let server = provider([answer.insert_header("x-request-id", "req_42")]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(
        test["errorMessage"],
        "The provider refused the request: 401: Incorrect API key provided: [key]. You can find \
         your API key at https://platform.openai.com/account/api-keys. (request req_42)"
    );
    assert_eq!(asked(&server).await.len(), 1);
    assert_no_key(&pool, &test).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_a_model_does_not_take_the_provider_says_itself(pool: PgPool) {
    let server = provider([refusal(400, fixture!("openai/400.json"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "o3").await;
    assert_eq!(test["status"], "FAILED");
    let message = test["errorMessage"].as_str().unwrap();
    assert!(message.contains("400: Unsupported value: 'temperature'"), "{message}");
    assert_eq!(asked(&server).await.len(), 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_account_without_money_is_not_asked_for_again(pool: PgPool) {
    let server = provider([refusal(429, fixture!("openai/quota.json"))]).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let test = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["attempts"], 1);
    assert!(test["errorMessage"].as_str().unwrap().contains("quota"), "{test}");
    assert_eq!(asked(&server).await.len(), 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_model_that_declines_fails_the_test_and_one_that_reaches_its_limit_does_not(
    pool: PgPool,
) {
    let answers = [events(fixture!("openai/refusal.sse")), events(fixture!("openai/length.sse"))];
    let server = provider(answers).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let declined = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(declined["status"], "FAILED");
    assert_eq!(
        declined["errorMessage"],
        "The model declined to answer: I'm sorry, I cannot assist with that request."
    );
    let limited = run(&app, "OPENAI", "gpt-4o").await;
    assert_eq!(limited["status"], "COMPLETED");
    assert_eq!(limited["response"], "Half a sen");
}
