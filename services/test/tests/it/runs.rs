use http::Method;
use ids::{DatasetId, PromptId, RunId};
use serde_json::{Value, json};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
    query_scalar,
};
use testkit::{Answer, Client, eventually, user};

use crate::support::{PromptService, admin, start, start_with};

const DATASETS: &str = "/api/tests/datasets";

/// A data set of these rows; returns where its runs are.
async fn dataset(client: &Client, rows: Value) -> String {
    let made = client.post(DATASETS, json!({"name": "Set", "rows": rows})).await.expect(201);
    format!("{DATASETS}/{}/runs", made["id"].as_str().unwrap())
}

fn names() -> Value {
    json!([
        {"variables": {"name": "Ada"}, "expected": "Ada"},
        {"variables": {"name": "Bob"}, "expected": "Eve"},
    ])
}

fn run(models: &[&str]) -> Value {
    let target = |model: &&str| json!({"modelProvider": "MOCK", "modelName": model});
    json!({
        "promptContent": "Say hello to {{name}}.",
        "targets": models.iter().map(target).collect::<Vec<_>>(),
        "assertions": [{"type": "contains", "value": "{{expected}}"}],
    })
}

fn path(run: &Value) -> String {
    format!("/api/tests/runs/{}", run["id"].as_str().unwrap())
}

async fn finished(client: &Client, run: &Value) -> Value {
    let path = path(run);
    eventually("the run to be over", || async {
        let now = client.get(&path).await.expect(200);
        (now["progress"]["done"] == now["progress"]["total"]).then_some(now)
    })
    .await
}

async fn count(pool: &PgPool) -> (i64, i64) {
    let runs = query_scalar("select count(*) from runs").fetch_one(pool).await.unwrap();
    let tests = query_scalar("select count(*) from tests").fetch_one(pool).await.unwrap();
    (runs, tests)
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_row_is_run_on_every_target_and_counted(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
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

    let pool = pool.connect_with(database).await.unwrap();
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
async fn results_are_shown_cell_by_cell_and_picked_out(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
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
async fn the_system_prompt_is_filled_in_for_each_row(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let pool = pool.connect_with(database.clone()).await.unwrap();
    let app = start(&database).await;
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
async fn without_assertions_a_row_is_held_against_what_it_expects(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
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

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_row_that_does_not_fit_is_named_and_nothing_is_created(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
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
    let pool = pool.connect_with(database).await.unwrap();
    assert_eq!(count(&pool).await, (0, 0));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_that_cannot_be_is_refused_whole(pool: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
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

    let pool = pool.connect_with(database).await.unwrap();
    assert_eq!(count(&pool).await, (0, 0));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_is_run_at_the_version_asked_for(_: PgPoolOptions, database: PgConnectOptions) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
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

    body["promptId"] = json!(PromptId::new());
    client.post(&runs, body).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn ten_thousand_cells_are_queued_in_one_go_and_cancelled(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start_with(&database, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows = vec![json!({"variables": {"name": "Ada"}, "expected": "Ada"}); 1_000];
    let runs = dataset(&client, json!(rows)).await;
    let made = client.post(&runs, run(&["mock-slow"; 10])).await.expect(201);
    assert_eq!(made["progress"]["total"], 10_000);
    let pool = pool.connect_with(database).await.unwrap();
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
async fn cancelling_leaves_what_is_over_as_it_is(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let made = client.post(&runs, run(&["mock"])).await.expect(201);
    let done = finished(&client, &made).await;
    let after = client.post(&format!("{}/cancel", path(&made)), json!({})).await.expect(200);
    assert_eq!(after, done);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_is_held_against_an_earlier_one(pool: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows: Vec<Value> = ["a", "b", "c", "d"].map(|n| json!({"variables": {"name": n}})).into();
    let runs = dataset(&client, json!(rows)).await;
    let mut body = run(&["mock", "mock-slow"]);
    body["assertions"] = json!([{"type": "contains", "value": "hello"}]);
    let earlier = client.post(&runs, body).await.expect(201);
    finished(&client, &earlier).await;
    let mut body = run(&["mock-slow", "mock-slow", "mock-fail"]);
    body["assertions"] = json!([{"type": "contains", "value": "hello"}]);
    let later = client.post(&runs, body).await.expect(201);
    finished(&client, &later).await;

    let compare = format!("{}/compare?to={}", path(&later), earlier["id"].as_str().unwrap());
    let same = client.get(&compare).await.expect(200);
    assert_eq!(
        (&same["improved"], &same["regressed"], &same["unchanged"]),
        (&json!(0), &json!(0), &json!(4))
    );
    // The one at the same place, though another of the same model comes first.
    assert_eq!(same["targets"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&same["targets"][0]["index"], &same["targets"][0]["toIndex"]),
        (&json!(1), &json!(1))
    );

    // As if the answers had been others: 1 worse, 2 better, 3 failed where it had not, 4 cancelled.
    let pool = pool.connect_with(database).await.unwrap();
    for (run, row, change) in [
        (&later, 1, "score = 0.5"),
        (&earlier, 2, "score = 0.25"),
        (
            &later,
            3,
            "status = 'FAILED', response = null, score = null, assertion_results = null, error_message = 'x'",
        ),
        (&earlier, 4, "status = 'CANCELLED'"),
    ] {
        let sql = format!(
            "update tests set {change} where run_id = $1::uuid and target_index = 1 and row_number = $2"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(run["id"].as_str().unwrap())
            .bind(row)
            .execute(&pool)
            .await
            .unwrap();
    }
    let difference = client.get(&compare).await.expect(200);
    let counts =
        ["improved", "regressed", "unchanged", "open"].map(|f| difference[f].as_i64().unwrap());
    assert_eq!(counts, [1, 2, 0, 1]);
    let target = &difference["targets"][0];
    assert_eq!(target["improved"][0]["rowNumber"], 2);
    assert_eq!(
        (&target["improved"][0]["toScore"], &target["improved"][0]["passed"]),
        (&json!(0.25), &json!(true))
    );
    let regressed: Vec<_> = (0..2).map(|i| &target["regressed"][i]["rowNumber"]).collect();
    assert_eq!(regressed, [1, 3]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn only_runs_of_mine_over_the_same_data_set_are_compared(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let eve = app.anonymous().forwarded_for(&user("eve"));
    let runs = dataset(&client, names()).await;
    let (other, hers) = (dataset(&client, names()).await, dataset(&eve, names()).await);
    let mine = client.post(&runs, run(&["mock"])).await.expect(201);
    let other = client.post(&other, run(&["mock"])).await.expect(201);
    let hers = eve.post(&hers, run(&["mock"])).await.expect(201);
    for to in [&other["id"], &hers["id"], &json!(RunId::new())] {
        let path = format!("{}/compare?to={}", path(&mine), to.as_str().unwrap());
        let problem = client.get(&path).await.expect_problem(422, "RUN_NOT_COMPARABLE");
        assert_eq!(Answer::bad_fields(&problem), ["to"]);
    }
    for query in ["", "?to=x"] {
        let answer = client.get(&format!("{}/compare{query}", path(&mine))).await;
        assert_eq!(Answer::bad_fields(&answer.expect_problem(400, "VALIDATION_FAILED")), ["to"]);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_is_its_owner_s_alone(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let runs = dataset(&ada, names()).await;
    let made = ada.post(&runs, run(&["mock"])).await.expect(201);
    let of_run: Vec<(Method, String)> = vec![
        (Method::GET, path(&made)),
        (Method::GET, format!("{}/results", path(&made))),
        (Method::GET, format!("{}/compare?to={}", path(&made), made["id"].as_str().unwrap())),
        (Method::POST, format!("{}/cancel", path(&made))),
    ];
    let of_dataset = [(Method::GET, runs.clone()), (Method::POST, runs.clone())];
    let body = run(&["mock"]);
    for stranger in [user("eve"), admin()] {
        let stranger = anonymous.forwarded_for(&stranger);
        for (method, path) in &of_run {
            let answer = stranger.try_call(method.clone(), path, None::<&()>).await.unwrap();
            answer.expect_problem(404, "RUN_NOT_FOUND");
        }
        for (method, path) in &of_dataset {
            let answer = stranger.try_call(method.clone(), path, Some(&body)).await.unwrap();
            answer.expect_problem(404, "DATASET_NOT_FOUND");
        }
    }
    for (method, path) in of_run.iter().chain(&of_dataset) {
        let answer = anonymous.try_call(method.clone(), path, Some(&body)).await.unwrap();
        answer.expect_problem(401, "AUTHENTICATION_REQUIRED");
    }
    finished(&ada, &made).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn runs_over_a_data_set_are_listed_newest_first(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    // Twice at once: two runs, each whole.
    let (a, b) =
        tokio::join!(client.post(&runs, run(&["mock"])), client.post(&runs, run(&["mock"])));
    let (a, b) = (a.expect(201), b.expect(201));
    finished(&client, &a).await;
    finished(&client, &b).await;
    let third = client.post(&runs, run(&["mock", "mock"])).await.expect(201);
    finished(&client, &third).await;
    let first = client.get(&format!("{runs}?size=1")).await.expect(200);
    assert_eq!(first["totalElements"], 3);
    let shown = &first["content"][0];
    assert_eq!(shown["id"], third["id"]);
    assert_eq!(
        (&shown["progress"], &shown["passed"]),
        (&json!({"done": 4, "total": 4}), &json!(2))
    );
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = client.get(&format!("{runs}?cursor={cursor}")).await.expect(200);
    assert_eq!(rest["content"].as_array().unwrap().len(), 2);
}
