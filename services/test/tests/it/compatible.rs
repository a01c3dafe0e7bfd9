//! Tests on endpoints of `OPENAI_COMPATIBLE`.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::PgPool;

use crate::{
    fixture,
    remote::{
        Crowd, TEXT, asked, body, events, interrupting, patient, provider, question, refusal, run,
    },
    support::{create, start_with},
};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_endpoint_is_asked_by_its_name_with_its_own_key_or_none(pool: PgPool) {
    let local = provider([events(fixture!("openai/answer.sse"))]).await;
    let hosted = provider([events(fixture!("openai/answer.sse"))]).await;
    let endpoints = format!("local={}/v1, far-away={}", local.uri(), hosted.uri());
    let app = start_with(
        &pool,
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
async fn a_model_that_an_endpoint_does_not_list_is_refused_where_it_lists_some(pool: PgPool) {
    let server = provider([events(fixture!("openai/answer.sse"))]).await;
    let endpoints = format!("local={0},open={0}", server.uri());
    let settings = [
        ("OPENAI_COMPATIBLE_ENDPOINTS", endpoints.as_str()),
        ("OPENAI_COMPATIBLE_LOCAL_MODELS", "smollm2, meta/llama3.2"),
    ];
    let app = start_with(&pool, &settings).await;
    for model in ["local/smollm2", "local/meta/llama3.2", "open/anything"] {
        assert_eq!(run(&app, "OPENAI_COMPATIBLE", model).await["status"], "COMPLETED");
    }
    let client = patient(&app);
    let asking = question("OPENAI_COMPATIBLE", "local/smollm");
    let problem = client.post("/api/tests", asking).await.expect_problem(422, "MODEL_UNKNOWN");
    let named = problem["errors"]["modelName"][0].as_str().unwrap();
    assert!(named.contains("local/smollm2, local/meta/llama3.2"), "{problem}");
    let comparison = json!({
        "name": "Both", "promptContent": "x", "targets": [
            {"modelProvider": "OPENAI_COMPATIBLE", "modelName": "local/smollm2"},
            {"modelProvider": "OPENAI_COMPATIBLE", "modelName": "nowhere/smollm2"},
        ],
    });
    let answer = client.post("/api/tests/comparisons", comparison).await;
    let problem = answer.expect_problem(422, "MODEL_UNKNOWN");
    let named = problem["errors"]["targets[1].modelName"][0].as_str().unwrap();
    assert!(named.contains("local, open"), "{problem}");
    assert_eq!(asked(&server).await.len(), 3);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_that_broke_off_is_asked_for_again_where_nothing_is_charged(pool: PgPool) {
    let answers =
        || [events(fixture!("openai/cut.sse")), events(""), events(fixture!("openai/answer.sse"))];
    let (free, paid) = (provider(answers()).await, provider(answers()).await);
    let broken = provider([events(fixture!("openai/cut.sse"))]).await;
    let endpoints = format!("free={},paid={},broken={}", free.uri(), paid.uri(), broken.uri());
    let settings = [
        ("OPENAI_COMPATIBLE_ENDPOINTS", endpoints.as_str()),
        ("OPENAI_COMPATIBLE_PAID_CHARGES", "true"),
    ];
    let app = start_with(&pool, &settings).await;
    let test = run(&app, "OPENAI_COMPATIBLE", "free/m").await;
    assert_eq!((&test["status"], &test["attempts"]), (&json!("COMPLETED"), &json!(3)), "{test}");
    assert_eq!((&test["response"], &test["responseIncomplete"]), (&json!(TEXT), &json!(false)));

    for (model, server, attempts) in [("paid/m", &paid, 1), ("broken/m", &broken, 3)] {
        let test = run(&app, "OPENAI_COMPATIBLE", model).await;
        assert_eq!((&test["status"], &test["attempts"]), (&json!("FAILED"), &json!(attempts)));
        assert_eq!(test["response"], "Half an ans");
        assert_eq!((&test["responseIncomplete"], &test["cost"]), (&json!(true), &json!(null)));
        assert_eq!(asked(server).await.len(), attempts);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn half_an_answer_is_kept_though_the_server_is_gone_when_it_is_asked_again(pool: PgPool) {
    let gone = || refusal(404, "{}");
    let server = provider([events(fixture!("openai/cut.sse")), gone()]).await;
    let endpoints = format!("local={}", server.uri());
    let app = start_with(&pool, &[("OPENAI_COMPATIBLE_ENDPOINTS", &endpoints)]).await;
    let test = run(&app, "OPENAI_COMPATIBLE", "local/m").await;
    assert_eq!((&test["status"], &test["attempts"]), (&json!("FAILED"), &json!(2)), "{test}");
    assert_eq!(test["errorMessage"], "The provider refused the request: status 404.");
    assert_eq!(
        (&test["response"], &test["responseIncomplete"]),
        (&json!("Half an ans"), &json!(true))
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_server_that_breaks_off_one_answer_for_another_gives_all_in_the_end(pool: PgPool) {
    let endpoints = format!("one={}", interrupting().await);
    let app = start_with(&pool, &[("OPENAI_COMPATIBLE_ENDPOINTS", &endpoints)]).await;
    let client = patient(&app);
    let all = (0..8).map(|_| create(&client, question("OPENAI_COMPATIBLE", "one/m")));
    for test in join_all(all).await {
        assert_eq!(test["status"], "COMPLETED", "{test}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_endpoint_that_takes_few_at_once_is_asked_by_no_more_over_all_instances(pool: PgPool) {
    let server = Crowd::start(Duration::from_millis(100)).await;
    let endpoints = format!("one={}", server.url);
    let settings = [
        ("OPENAI_COMPATIBLE_ENDPOINTS", endpoints.as_str()),
        ("OPENAI_COMPATIBLE_ONE_CONCURRENCY", "1"),
    ];
    let apps = [start_with(&pool, &settings).await, start_with(&pool, &settings).await];
    let clients = apps.each_ref().map(patient);
    let all = (0..6).map(|i| create(&clients[i % 2], question("OPENAI_COMPATIBLE", "one/m")));
    for test in join_all(all).await {
        assert_eq!(
            (&test["status"], &test["attempts"]),
            (&json!("COMPLETED"), &json!(1)),
            "{test}"
        );
    }
    assert_eq!(server.most(), 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_that_comes_all_at_once_is_taken_too(pool: PgPool) {
    let server = provider([refusal(200, fixture!("openai/whole.json"))]).await;
    let endpoints = format!("local={}", server.uri());
    let app = start_with(&pool, &[("OPENAI_COMPATIBLE_ENDPOINTS", &endpoints)]).await;
    let test = run(&app, "OPENAI_COMPATIBLE", "local/llama3.2").await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert_eq!((&test["response"], &test["inputTokens"]), (&json!("All at once."), &json!(19)));
}
