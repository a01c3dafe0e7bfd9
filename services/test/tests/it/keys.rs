//! `Idempotency-Key` on tests, comparisons, data sets and runs.

use auth::Identity;
use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, TestApp, user};

use crate::support::start;

fn client(app: &TestApp, who: &Identity, key: &str) -> Client {
    app.anonymous().forwarded_for(who).with_header("idempotency-key", key)
}

async fn count(pool: &PgPool, from_where: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {from_where}"));
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

fn hello() -> Value {
    json!({"promptContent": "Say hello.", "modelProvider": "MOCK", "modelName": "mock"})
}

fn comparison() -> Value {
    json!({
        "name": "Both", "promptContent": "Say hello.",
        "targets": [
            {"modelProvider": "MOCK", "modelName": "mock"},
            {"modelProvider": "MOCK", "modelName": "mock-echo"},
        ],
    })
}

fn dataset() -> Value {
    json!({"name": "Cities", "rows": [{"variables": {"city": "Lima"}}, {"variables": {"city": "Oslo"}}]})
}

/// Sends a request twice, which must be answered alike, and returns the answer's body.
async fn twice(client: &Client, path: &str, body: &Value) -> Value {
    let first = client.post(path, body).await;
    let second = client.post(path, body).await;
    assert_eq!(second.text, first.text);
    for header in ["location", "content-type"] {
        assert_eq!(second.headers[header], first.headers[header], "{path}");
    }
    assert_eq!(second.status, 201, "{path}");
    first.expect(201)
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_is_sent_again_under_its_key_is_made_once_and_answered_alike(pool: PgPool) {
    let app = start(&pool).await;
    // The same key everywhere: each route has its own.
    let keyed = client(&app, &user("ada"), "k");
    twice(&keyed, "/api/tests", &hello()).await;
    assert_eq!(count(&pool, "tests").await, 1);

    let made = twice(&keyed, "/api/tests/comparisons", &comparison()).await;
    assert_eq!((count(&pool, "comparisons").await, count(&pool, "tests").await), (1, 3));
    let repeat = format!("/api/tests/comparisons/{}/repeat", made["id"].as_str().unwrap());
    let again = twice(&keyed, &repeat, &json!({})).await;
    assert_eq!(again["repeatOf"], made["id"]);
    assert_eq!((count(&pool, "comparisons").await, count(&pool, "tests").await), (2, 5));

    let data = twice(&keyed, "/api/tests/datasets", &dataset()).await;
    assert_eq!(count(&pool, "datasets").await, 1);
    let runs = format!("/api/tests/datasets/{}/runs", data["id"].as_str().unwrap());
    let run = json!({
        "promptContent": "Where is {{city}}?",
        "targets": [{"modelProvider": "MOCK", "modelName": "mock"}],
    });
    let made = twice(&keyed, &runs, &run).await;
    assert_eq!(made["progress"]["total"], 2);
    assert_eq!((count(&pool, "runs").await, count(&pool, "tests").await), (1, 7));
    // What was counted against the day's limit was counted once.
    let taken: i64 = sqlx::query_scalar("select sum(tests)::bigint from test_days")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(taken, 7);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_csv_file_sent_again_makes_one_data_set_and_its_name_is_part_of_the_request(
    pool: PgPool,
) {
    let app = start(&pool).await;
    let keyed = client(&app, &user("ada"), "k");
    let send = async |name: &str| {
        let path = format!("/api/tests/datasets?name={name}");
        keyed.raw(Method::POST, &path, "text/csv", "city\nLima\n").await
    };
    let first = send("Cities").await.expect(201);
    assert_eq!(send("Cities").await.expect(201), first);
    send("Towns").await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(count(&pool, "datasets").await, 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_finished_test_that_was_waited_for_is_answered_again_as_finished(pool: PgPool) {
    let app = start(&pool).await;
    let keyed = client(&app, &user("ada"), "k").with_header("prefer", "wait=20");
    let first = twice(&keyed, "/api/tests", &hello()).await;
    assert_eq!(first["status"], "COMPLETED");
    let first = twice(&keyed, "/api/tests/comparisons", &comparison()).await;
    assert_eq!(first["progress"], json!({"done": 2, "total": 2}));
    assert_eq!(count(&pool, "tests").await, 3);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_key_is_for_one_request_and_refusals_are_not_remembered(pool: PgPool) {
    let app = start(&pool).await;
    let keyed = client(&app, &user("ada"), "k");
    let mut unfit = hello();
    unfit["promptContent"] = json!("Say {{what}}.");
    assert_eq!(keyed.post("/api/tests", &unfit).await.status, 422);
    keyed.post("/api/tests", hello()).await.expect(201);
    let mut other = hello();
    other["modelName"] = json!("mock-echo");
    let problem = keyed.post("/api/tests", other).await;
    let problem = problem.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"]);
    let problem = client(&app, &user("ada"), "two words").post("/api/tests", hello()).await;
    problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(count(&pool, "tests").await, 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_double_click_makes_one_comparison(pool: PgPool) {
    let app = start(&pool).await;
    let keyed = client(&app, &user("ada"), "k");
    let clicks: Vec<_> = (0..6)
        .map(|_| {
            let keyed = keyed.clone();
            tokio::spawn(async move { keyed.post("/api/tests/comparisons", comparison()).await })
        })
        .collect();
    let mut made = Vec::new();
    for click in clicks {
        let answer = click.await.unwrap();
        match answer.status.as_u16() {
            409 => drop(answer.expect_problem(409, "IDEMPOTENCY_KEY_IN_USE")),
            _ => made.push(answer.expect(201)["id"].clone()),
        }
    }
    made.push(keyed.post("/api/tests/comparisons", comparison()).await.expect(201)["id"].clone());
    assert!(made.len() > 1 && made.iter().all(|id| id == &made[0]), "{made:?}");
    assert_eq!((count(&pool, "comparisons").await, count(&pool, "tests").await), (1, 2));
}
