//! Creating and cancelling evaluation runs.

use ids::{DatasetId, PromptId};
use serde_json::json;
use sqlx::{PgPool, query_scalar};
use testkit::{Answer, user};

use super::{DATASETS, count, dataset, finished, names, path, run};
use crate::support::{PromptService, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_row_that_does_not_fit_is_named_and_nothing_is_created(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows = json!([
        {"variables": {"name": "Ada", "mood": "glad"}, "expected": "x"},
        {"variables": {"nam": "Bob", "mood": "sad"}, "expected": "x"},
        {"variables": {"name": "", "mood": ""}},
    ]);
    let runs = dataset(&client, rows).await;
    let mut body = run(&["mock"]);
    body["assertions"] = json!([
        {"type": "contains", "value": "{{mood}}"},
        {"type": "not-contains", "value": "{{expected}}"},
    ]);
    let problem = client.post(&runs, body).await.expect_problem(422, "ROWS_DO_NOT_FIT");
    assert_eq!(
        Answer::bad_fields(&problem),
        [
            "rows[1].variables.nam",
            "rows[1].variables.name",
            "rows[2].assertions[0].value",
            "rows[2].assertions[1].value",
        ]
    );
    let missing = problem["errors"]["rows[1].variables.name"][0].as_str().unwrap();
    assert_eq!(missing, "row 2: is missing");
    assert_eq!(count(&pool).await, (0, 0));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_that_cannot_be_is_refused_whole(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let problem = client.post(&runs, run(&["mock", "mock-2"])).await;
    let problem = problem.expect_problem(422, "MODEL_UNKNOWN");
    assert_eq!(Answer::bad_fields(&problem), ["targets[1].modelName"]);

    let body = json!({
        "promptContent": "x", "label": "production",
        "targets": [{"modelProvider": "MOCK", "modelName": ""}],
        "assertions": [{"type": "regex", "value": "({{name}}"}],
    });
    let problem = client.post(&runs, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        ["assertions[0].value", "label", "targets[0].modelName"]
    );
    for count in [0, 11] {
        let problem = client.post(&runs, run(&vec!["mock"; count])).await;
        assert_eq!(
            Answer::bad_fields(&problem.expect_problem(400, "VALIDATION_FAILED")),
            ["targets"]
        );
    }
    let mut body = run(&["mock"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(PromptId::new());
    let answer = client.post(&runs, body).await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    let absent = format!("{DATASETS}/{}/runs", DatasetId::new());
    client.post(&absent, run(&["mock"])).await.expect_problem(404, "DATASET_NOT_FOUND");

    let rows = vec![json!({"variables": {"name": "x".repeat(900)}}); 1_000];
    let large = dataset(&client, json!(rows)).await;
    let mut body = run(&["mock"; 10]);
    body["promptContent"] = json!("{{name}}".repeat(10));
    body["assertions"] = json!(null);
    client.post(&large, &body).await.expect_problem(422, "RUN_TOO_LARGE");
    body["promptContent"] = json!("{{name}}");
    body["systemPrompt"] = json!("x".repeat(10_000));
    client.post(&large, &body).await.expect_problem(422, "RUN_TOO_LARGE");

    // A short text that names a long value often is refused before it is filled in.
    let rows = json!([{"variables": {"name": "x".repeat(200_000)}}]);
    let long = dataset(&client, rows).await;
    let often = json!([{"type": "contains", "value": "{{name}}".repeat(2_000)}]);
    let body =
        json!({"promptContent": "Hi", "assertions": often, "targets": run(&["mock"])["targets"]});
    let answer = client.post(&long, body).await.expect_problem(422, "ROWS_DO_NOT_FIT");
    assert_eq!(Answer::bad_fields(&answer), ["rows[0].assertions[0].value"]);
    // What is expected is held to the rules of assertions too.
    let rows = json!([{"variables": {"name": "Ada"}, "expected": "x".repeat(30_000)}]);
    let long = dataset(&client, rows).await;
    let body = json!({"promptContent": "Hi {{name}}", "targets": run(&["mock"])["targets"]});
    let answer = client.post(&long, body).await.expect_problem(422, "ROWS_DO_NOT_FIT");
    assert_eq!(Answer::bad_fields(&answer), ["rows[0].expected"]);

    assert_eq!(count(&pool).await, (0, 0));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_is_run_at_the_version_asked_for(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let runs = dataset(&client, names()).await;
    let mut body = run(&["mock"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(prompts.prompt);
    body["label"] = json!("production");
    let made = client.post(&runs, body.clone()).await.expect(201);
    assert_eq!((&made["promptVersion"], &made["promptContent"]), (&json!(1), &json!(null)));
    let results = client.get(&format!("{}/results", path(&made))).await.expect(200);
    let test = format!("/api/tests/{}", results["content"][1]["testId"].as_str().unwrap());
    let test = client.get(&test).await.expect(200);
    assert_eq!(test["promptContent"], "Version 1: greet Bob in English.");
    assert_eq!(test["promptVersion"], 1);
    let of_prompt = format!("/api/tests/runs?promptId={}", prompts.prompt);
    assert_eq!(client.get(&of_prompt).await.expect(200)["content"][0]["id"], made["id"]);

    body["promptId"] = json!(PromptId::new());
    client.post(&runs, body).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn ten_thousand_cells_are_queued_in_one_go_and_cancelled(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows = vec![json!({"variables": {"name": "Ada"}, "expected": "Ada"}); 1_000];
    let runs = dataset(&client, json!(rows)).await;
    let made = client.post(&runs, run(&["mock-slow"; 10])).await.expect(201);
    assert_eq!(made["progress"]["total"], 10_000);
    assert_eq!(count(&pool).await, (1, 10_000));
    let distinct: i64 =
        query_scalar("select count(distinct (target_index, row_number)) from tests")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(distinct, 10_000);

    let cancel = format!("{}/cancel", path(&made));
    let (once, again) =
        tokio::join!(client.post(&cancel, json!({})), client.post(&cancel, json!({})));
    for run in [once.expect(200), again.expect(200)] {
        assert_eq!(run["progress"]["done"], 10_000);
    }
    let run = client.get(&path(&made)).await.expect(200);
    let cancelled = run["progress"]["cancelled"].as_i64().unwrap();
    assert!((9_000..=10_000).contains(&cancelled), "{cancelled}");
    let results = format!("{}/results?status=CANCELLED&size=1", path(&made));
    assert_eq!(client.get(&results).await.expect(200)["content"][0]["passed"], json!(null));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn cancelling_leaves_what_is_over_as_it_is(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let made = client.post(&runs, run(&["mock"])).await.expect(201);
    let done = finished(&client, &made).await;
    let after = client.post(&format!("{}/cancel", path(&made)), json!({})).await.expect(200);
    assert_eq!(after, done);
}
