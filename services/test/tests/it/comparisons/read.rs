//! Reading and listing comparisons.

use http::Method;
use ids::ComparisonId;
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use super::{PATH, comparison, finished, path};
use crate::support::{PromptService, admin, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn targets_are_run_and_shown_side_by_side(pool: PgPool) {
    let app = start(&pool).await;
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
async fn nobody_is_ahead_where_nothing_is_completed(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let made = client.post(PATH, comparison(&["mock-fail", "mock-fail"])).await.expect(201);
    let done = finished(&client, &made).await;
    for field in ["cheapest", "fastest", "best"] {
        assert!(done[field].is_null(), "{field} in {done}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_unpriced_target_is_never_the_cheapest(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let made = client.post(PATH, comparison(&["mock", "mock"])).await.expect(201);
    let done = finished(&client, &made).await;
    assert!(done["best"].is_null());
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
async fn a_comparison_is_its_owner_s_alone(pool: PgPool) {
    let app = start(&pool).await;
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
async fn comparisons_are_listed_newest_first_and_by_prompt(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
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
