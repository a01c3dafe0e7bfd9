use http::Method;
use ids::{ComparisonId, PromptId};
use serde_json::{Value, json};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testkit::{Answer, Client, eventually, user};

use crate::support::{PromptService, admin, start, start_with};

const PATH: &str = "/api/tests/comparisons";

fn target(model: &str) -> Value {
    json!({"modelProvider": "MOCK", "modelName": model})
}

fn comparison(models: &[&str]) -> Value {
    let targets: Vec<Value> = models.iter().map(|model| target(model)).collect();
    json!({
        "name": "Side by side", "promptContent": "Say hello to {{name}}.",
        "variables": {"name": "Ada"}, "targets": targets,
    })
}

fn path(comparison: &Value) -> String {
    format!("{PATH}/{}", comparison["id"].as_str().unwrap())
}

async fn finished(client: &Client, comparison: &Value) -> Value {
    let path = path(comparison);
    eventually("the comparison to be over", || async {
        let now = client.get(&path).await.expect(200);
        (now["progress"]["done"] == now["progress"]["total"]).then_some(now)
    })
    .await
}

async fn counts(pool: &PgPool) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from comparisons), (select count(*) from tests)")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn targets_are_run_and_shown_side_by_side(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut body = comparison(&["mock-slow", "mock", "mock-fail"]);
    body["targets"][1]["maxTokens"] = json!(3);
    body["assertions"] = json!([{"type": "contains", "value": "Ada"}]);
    body["notes"] = json!("Which is better?");
    let answer = client.post(PATH, body).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let made = answer.expect(201);
    assert_eq!(location, path(&made));
    assert_eq!(made["progress"]["total"], 3);
    assert_eq!(
        (&made["name"], &made["notes"]),
        (&json!("Side by side"), &json!("Which is better?"))
    );
    assert!(made["repeatOf"].is_null() && made["promptId"].is_null(), "{made}");

    let done = finished(&client, &made).await;
    let targets = done["targets"].as_array().unwrap();
    let status: Vec<_> = targets.iter().map(|target| &target["status"]).collect();
    assert_eq!(status, ["COMPLETED", "COMPLETED", "FAILED"]);
    assert!(targets[0]["response"].as_str().unwrap().contains("Say hello to Ada."));
    assert_eq!((&targets[0]["score"], &targets[1]["score"]), (&json!(1.0), &json!(0.0)));
    assert!(targets[0]["tokenCount"].is_number() && targets[0]["cost"] == 0);
    let winner = |i: usize| json!({"index": i, "testId": targets[i]["id"]});
    assert_eq!(done["fastest"], winner(1));
    assert_eq!(done["best"], winner(0));
    // Both cost nothing: the first of them.
    assert_eq!(done["cheapest"], winner(0));
    let test = format!("/api/tests/{}", targets[1]["testId"].as_str().unwrap());
    assert_eq!(client.get(&test).await.expect(200)["maxTokens"], 3);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn nobody_is_ahead_where_nothing_is_completed(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let made = client.post(PATH, comparison(&["mock-fail", "mock-fail"])).await.expect(201);
    let done = finished(&client, &made).await;
    for field in ["cheapest", "fastest", "best"] {
        assert!(done[field].is_null(), "{field} in {done}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_unpriced_target_is_never_the_cheapest(pool: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let made = client.post(PATH, comparison(&["mock", "mock"])).await.expect(201);
    let done = finished(&client, &made).await;
    assert!(done["best"].is_null());
    let pool = pool.connect_with(database).await.unwrap();
    let changes = [
        ("cost = case target_index when 0 then 0.03 else 0.02 end", json!(1)),
        ("cost = case target_index when 0 then 0.01 else 0.02 end", json!(0)),
        (
            "cost = nullif(cost, 0.01), price_version = case target_index when 1 then 'v' end",
            json!(1),
        ),
        ("cost = null, price_version = null", json!(null)),
    ];
    for (change, cheapest) in changes {
        let sql = format!("update tests set {change}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        assert_eq!(client.get(&path(&made)).await.expect(200)["cheapest"]["index"], cheapest);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn who_prefers_to_wait_gets_all_answers(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    let answer = client.post(PATH, comparison(&["mock", "mock-slow", "mock-slow"])).await;
    assert_eq!(answer.headers["preference-applied"], "wait=20");
    assert_eq!(answer.expect(201)["progress"], json!({"done": 3, "total": 3}));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn two_versions_of_a_prompt_are_compared(_: PgPoolOptions, database: PgConnectOptions) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let mut body = comparison(&["mock", "mock", "mock"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(prompts.prompt);
    body["targets"][0]["version"] = json!(1);
    body["targets"][2]["label"] = json!("production");
    let made = client.post(PATH, body.clone()).await.expect(201);
    let seen: Vec<_> = made["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["promptVersion"].as_i64().unwrap(), t["promptContent"].as_str().unwrap()))
        .collect();
    let (one, two) = ("Version 1: greet Ada in English.", "Version 2: greet Ada in English.");
    assert_eq!(seen, [(1, one), (2, two), (1, one)]);

    body["targets"][1]["version"] = json!(9);
    client.post(PATH, body.clone()).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let stranger = app.anonymous().forwarded_for(&user("eve"));
    stranger.post(PATH, body).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_bad_field_is_named_at_once(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "name": "", "promptContent": "x",
        "targets": [
            {"modelProvider": "MOCK", "modelName": "mock", "version": 1},
            {"modelProvider": "HAL", "temperature": 9, "label": "a b"},
        ],
        "assertions": [{"type": "contains"}],
    });
    let problem = client.post(PATH, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        [
            "assertions[0].value",
            "name",
            "targets[0].version",
            "targets[1].label",
            "targets[1].modelName",
            "targets[1].modelProvider",
            "targets[1].temperature",
        ]
    );
    for count in [0, 1, 11] {
        let answer = client.post(PATH, comparison(&vec!["mock"; count])).await;
        let problem = answer.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["targets"]);
    }
    client
        .raw(Method::POST, PATH, "text/plain", "x")
        .await
        .expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn when_one_target_cannot_be_asked_nothing_is_created(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut body = comparison(&["mock", "mock", "mock-2"]);
    body["targets"][1]["modelProvider"] = json!("OPENAI");
    let problem = client.post(PATH, body).await.expect_problem(422, "PROVIDER_UNAVAILABLE");
    assert_eq!(Answer::bad_fields(&problem), ["targets[1].modelProvider", "targets[2].modelName"]);
    let problem = client
        .post(PATH, comparison(&["mock", "mock-2"]))
        .await
        .expect_problem(422, "MODEL_UNKNOWN");
    assert_eq!(Answer::bad_fields(&problem), ["targets[1].modelName"]);

    let mut body = comparison(&["mock", "mock"]);
    body["variables"] = json!({"nam": "x"});
    let problem = client.post(PATH, body).await.expect_problem(422, "VARIABLES_UNRESOLVED");
    assert_eq!(Answer::bad_fields(&problem), ["variables.nam", "variables.name"]);

    let mut body = comparison(&["mock", "mock"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(PromptId::new());
    let answer = client.post(PATH, body).await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");

    let pool = pool.connect_with(database).await.unwrap();
    assert_eq!(counts(&pool).await, (0, 0));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_comparison_that_breaks_down_half_way_leaves_nothing(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let pool = pool.connect_with(database.clone()).await.unwrap();
    let app = start(&database).await;
    sqlx::query("alter table tests add constraint no_third check (target_index < 2)")
        .execute(&pool)
        .await
        .unwrap();
    let client = app.anonymous().forwarded_for(&user("ada"));
    client.post(PATH, comparison(&["mock"; 3])).await.expect_problem(500, "INTERNAL_ERROR");
    assert_eq!(counts(&pool).await, (0, 0));
    client.post(PATH, comparison(&["mock"; 2])).await.expect(201);
    assert_eq!(counts(&pool).await, (1, 2));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_comparison_is_its_owner_s_alone(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let made = ada.post(PATH, comparison(&["mock", "mock"])).await.expect(201);
    let (path, repeat) = (path(&made), format!("{}/repeat", path(&made)));
    for stranger in [user("eve"), admin()] {
        let stranger = anonymous.forwarded_for(&stranger);
        stranger.get(&path).await.expect_problem(404, "COMPARISON_NOT_FOUND");
        stranger.post(&repeat, json!({})).await.expect_problem(404, "COMPARISON_NOT_FOUND");
        assert_eq!(stranger.get(PATH).await.expect(200)["totalElements"], 0);
    }
    for (method, path) in [(Method::GET, PATH), (Method::GET, &path), (Method::POST, &repeat)] {
        let answer = anonymous.try_call(method, path, None::<&()>).await.unwrap();
        answer.expect_problem(401, "AUTHENTICATION_REQUIRED");
    }
    let answer = anonymous.post(PATH, comparison(&["mock", "mock"])).await;
    answer.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let absent = format!("{PATH}/{}", ComparisonId::new());
    ada.get(&absent).await.expect_problem(404, "COMPARISON_NOT_FOUND");
    ada.get(&format!("{PATH}/x")).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_comparison_is_repeated_with_one_call(_: PgPoolOptions, database: PgConnectOptions) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let mut body = comparison(&["mock", "mock-slow"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(prompts.prompt);
    body["targets"][0]["version"] = json!(1);
    body["targets"][0]["temperature"] = json!(0.5);
    body["assertions"] = json!([{"type": "contains", "value": "Ada"}]);
    let first = client.post(PATH, body).await.expect(201);
    let repeat = format!("{}/repeat", path(&first));
    let answer = client.with_header("prefer", "wait=20").post(&repeat, json!({})).await;
    assert_eq!(answer.headers["preference-applied"], "wait=20");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let second = answer.expect(201);
    assert_eq!(location, path(&second));
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["repeatOf"], first["id"]);
    assert_eq!(second["progress"]["done"], 2);
    for field in ["name", "promptId", "variables", "assertions"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    for field in ["promptVersion", "temperature", "modelName"] {
        assert_eq!(first["targets"][0][field], second["targets"][0][field], "{field}");
    }
    // The same question gets the same answer.
    let first = finished(&client, &first).await;
    assert_eq!(first["targets"][0]["response"], second["targets"][0]["response"]);

    // Twice at once: two of them, each whole.
    let (a, b) = tokio::join!(client.post(&repeat, json!({})), client.post(&repeat, json!({})));
    assert_ne!(a.expect(201)["id"], b.expect(201)["id"]);
    assert_eq!(client.get(PATH).await.expect(200)["totalElements"], 4);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn comparisons_are_listed_newest_first_and_by_prompt(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let mut made = Vec::new();
    for i in 0..3 {
        let mut body = comparison(&["mock", "mock"]);
        if i == 1 {
            body["promptContent"] = json!(null);
            body["promptId"] = json!(prompts.prompt);
        }
        made.push(client.post(PATH, body).await.expect(201));
    }
    finished(&client, &made[2]).await;
    let first = client.get(&format!("{PATH}?size=2")).await.expect(200);
    assert_eq!(first["totalElements"], 3);
    assert_eq!(first["content"][0]["id"], made[2]["id"]);
    assert_eq!(first["content"][0]["progress"], json!({"done": 2, "total": 2}));
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = client.get(&format!("{PATH}?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(second["content"][0]["id"], made[0]["id"]);
    assert_eq!(second["last"], true);

    let of_prompt = client.get(&format!("{PATH}?promptId={}", prompts.prompt)).await.expect(200);
    assert_eq!(of_prompt["totalElements"], 1);
    assert_eq!(of_prompt["content"][0]["id"], made[1]["id"]);
    for query in ["promptId=x", "size=0", "cursor=x"] {
        client.get(&format!("{PATH}?{query}")).await.expect_problem(400, "VALIDATION_FAILED");
    }
}
