//! The results of evaluation runs, by target and by cell.

use serde_json::{Value, json};
use sqlx::{PgPool, query_scalar};
use testkit::{Answer, user};

use super::{dataset, finished, names, path, run};
use crate::support::start;

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_row_is_run_on_every_target_and_counted(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let answer = client.post(&runs, run(&["mock", "mock-slow", "mock-fail"])).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let made = answer.expect(201);
    assert_eq!(location, path(&made));
    assert_eq!((&made["progress"]["total"], &made["targets"][2]["total"]), (&json!(6), &json!(2)));

    let done = finished(&client, &made).await;
    let counts: Vec<_> = done["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| ["total", "done", "passed", "failed", "errored"].map(|f| t[f].as_i64().unwrap()))
        .collect();
    assert_eq!(counts, [[2, 2, 1, 1, 0], [2, 2, 1, 1, 0], [2, 2, 0, 0, 2]]);
    let [mock, slow, fail] = [0, 1, 2].map(|i| &done["targets"][i]);
    assert_eq!((&mock["passRate"], &mock["meanScore"]), (&json!(0.5), &json!(0.5)));
    assert_eq!((&fail["passRate"], &fail["meanScore"]), (&json!(0.0), &json!(null)));
    assert_eq!(mock["target"]["modelName"], "mock");
    assert!(mock["tokenCount"].as_i64().unwrap() > 0 && mock["cost"] == 0, "{mock}");
    assert!(slow["meanResponseTimeMs"].as_f64().unwrap() >= 200.0);
    assert!(fail["p95ResponseTimeMs"].is_null());

    sqlx::raw_sql(
        "update tests set cost = 0.01 * row_number, response_time_ms = 100 * row_number
         where target_index = 0;
         update tests set cost = null, price_version = null
         where target_index = 1 and row_number = 1;",
    )
    .execute(&pool)
    .await
    .unwrap();
    let done = client.get(&path(&made)).await.expect(200);
    let [mock, slow] = [0, 1].map(|i| &done["targets"][i]);
    assert_eq!((&mock["cost"], &mock["meanResponseTimeMs"]), (&json!(0.03), &json!(150.0)));
    assert_eq!(mock["p95ResponseTimeMs"], 195.0);
    assert!(slow["cost"].is_null(), "one of its answers has no price: {slow}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn results_are_shown_cell_by_cell_and_picked_out(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let made = client.post(&runs, run(&["mock", "mock-fail"])).await.expect(201);
    finished(&client, &made).await;
    let results = format!("{}/results", path(&made));
    let cells = async |query: &str| {
        let page = client.get(&format!("{results}?{query}")).await.expect(200);
        let place = |cell: &Value| ["rowNumber", "targetIndex"].map(|f| cell[f].as_i64().unwrap());
        let places: Vec<_> = page["content"].as_array().unwrap().iter().map(place).collect();
        (places, page)
    };
    let (all, page) = cells("").await;
    assert_eq!(all, [[1, 0], [1, 1], [2, 0], [2, 1]]);
    assert!(page["content"][0]["response"].is_null(), "{page}");
    let preview = page["content"][0]["responsePreview"].as_str().unwrap().to_owned();
    let (_, page) = cells("include=content").await;
    assert_eq!(page["content"][0]["response"], preview);
    assert_eq!(page["totalElements"], 4);
    let cell = &page["content"][0];
    assert_eq!((&cell["variables"], &cell["expected"]), (&json!({"name": "Ada"}), &json!("Ada")));
    assert_eq!((&cell["passed"], &cell["score"]), (&json!(true), &json!(1.0)));
    assert!(cell["response"].as_str().unwrap().contains("Say hello to Ada."));
    assert_eq!(cell["assertionResults"][0]["value"], "Ada");
    assert!(page["content"][1]["errorMessage"].is_string());
    let test = format!("/api/tests/{}", cell["testId"].as_str().unwrap());
    assert_eq!(client.get(&test).await.expect(200)["status"], "COMPLETED");

    for (query, expected) in [
        ("target=1", vec![[1, 1], [2, 1]]),
        ("status=FAILED", vec![[1, 1], [2, 1]]),
        ("passed=true", vec![[1, 0]]),
        ("passed=false", vec![[1, 1], [2, 0], [2, 1]]),
        ("passed=false&target=0", vec![[2, 0]]),
        ("status=PENDING", vec![]),
        ("size=3&page=1", vec![[2, 1]]),
    ] {
        assert_eq!(cells(query).await.0, expected, "{query}");
    }
    let (_, first) = cells("size=3").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!(cells(&format!("size=3&cursor={cursor}")).await.0, [[2, 1]]);
    for query in ["target=x", "target=10", "status=DONE", "passed=maybe"] {
        let answer = client.get(&format!("{results}?{query}")).await;
        answer.expect_problem(400, "VALIDATION_FAILED");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn the_system_prompt_is_filled_in_for_each_row(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows = json!([
        {"variables": {"name": "Ada", "role": "a pirate"}},
        {"variables": {"name": "Bob", "role": "a judge"}},
    ]);
    let runs = dataset(&client, rows).await;
    let mut body = run(&["mock", "mock-echo"]);
    body["assertions"] = json!(null);
    body["systemPrompt"] = json!("You are {{role}}.");
    let made = client.post(&runs, body.clone()).await.expect(201);
    assert_eq!(made["systemPrompt"], "You are {{role}}.");
    let sent: Vec<String> =
        query_scalar("select system_prompt from tests order by row_number, target_index")
            .fetch_all(&pool)
            .await
            .unwrap();
    let (pirate, judge) = ("You are a pirate.", "You are a judge.");
    assert_eq!(sent, [pirate, pirate, judge, judge]);

    body["systemPrompt"] = json!("You are {{roll}}.");
    let problem = client.post(&runs, body).await.expect_problem(422, "ROWS_DO_NOT_FIT");
    assert_eq!(
        Answer::bad_fields(&problem)[..2],
        ["rows[0].variables.role", "rows[0].variables.roll"]
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn without_assertions_a_row_is_held_against_what_it_expects(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows = json!([
        {"variables": {}, "expected": "  Mock answer \n"},
        {"variables": {}, "expected": "Another answer"},
        {"variables": {}},
    ]);
    let runs = dataset(&client, rows).await;
    let mut body = run(&["mock"]);
    body["promptContent"] = json!("Hi");
    body["assertions"] = json!(null);
    // "Mock answer ".
    body["targets"][0]["maxTokens"] = json!(3);
    let made = client.post(&runs, body).await.expect(201);
    assert!(made["assertions"].is_null());
    let done = finished(&client, &made).await;
    // The row without an expectation is as good as answered.
    assert_eq!(
        (&done["targets"][0]["passed"], &done["targets"][0]["failed"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(done["targets"][0]["meanScore"], 0.5);
    let results = client.get(&format!("{}/results", path(&made))).await.expect(200);
    let seen: Vec<_> = (0..3)
        .map(|i| (&results["content"][i]["passed"], &results["content"][i]["score"]))
        .collect();
    let (yes, no, one, zero, null) =
        (json!(true), json!(false), json!(1.0), json!(0.0), json!(null));
    assert_eq!(seen, [(&yes, &one), (&no, &zero), (&yes, &null)]);
}
