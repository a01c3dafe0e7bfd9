use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::{
    fixture,
    remote::{TEXT, asked, body, events, patient, provider, question, refusal, run},
    support::{create, start_with},
};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_endpoint_is_asked_by_its_name_with_its_own_key_or_none(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let local = provider([events(fixture!("openai/answer.sse"))]).await;
    let hosted = provider([events(fixture!("openai/answer.sse"))]).await;
    let endpoints = format!("local={}/v1, far-away={}", local.uri(), hosted.uri());
    let app = start_with(
        &database,
        &[
            ("OPENAI_COMPATIBLE_ENDPOINTS", &endpoints),
            ("OPENAI_COMPATIBLE_FAR_AWAY_API_KEY", "another-key"),
            ("OPENAI_API_KEY", "not-for-others"),
        ],
    )
    .await;
    let mut asking = question("OPENAI_COMPATIBLE", "local/meta/llama3.2:3b");
    asking["maxTokens"] = json!(7);
    let test = create(&patient(&app), asking).await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!(test["response"], TEXT);
    assert_eq!(test["modelName"], "local/meta/llama3.2:3b");
    assert!(test["cost"].is_null(), "{test}");
    let requests = asked(&local).await;
    assert_eq!(requests[0].url.path(), "/v1/chat/completions");
    assert!(!requests[0].headers.contains_key("authorization"));
    let asked_for = body(&requests[0]);
    assert_eq!(
        (&asked_for["model"], &asked_for["max_tokens"]),
        (&json!("meta/llama3.2:3b"), &json!(7))
    );

    run(&app, "OPENAI_COMPATIBLE", "far-away/m").await;
    let requests = asked(&hosted).await;
    assert_eq!(requests[0].headers["authorization"], "Bearer another-key");

    for model in ["nowhere/m", "local/", "local", "/m"] {
        let answer = patient(&app).post("/api/tests", question("OPENAI_COMPATIBLE", model)).await;
        answer.expect_problem(422, "MODEL_UNKNOWN");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_that_comes_all_at_once_is_taken_too(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let server = provider([refusal(200, fixture!("openai/whole.json"))]).await;
    let endpoints = format!("local={}", server.uri());
    let app = start_with(&database, &[("OPENAI_COMPATIBLE_ENDPOINTS", &endpoints)]).await;
    let test = run(&app, "OPENAI_COMPATIBLE", "local/llama3.2").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!((&test["response"], &test["inputTokens"]), (&json!("All at once."), &json!(19)));
}
