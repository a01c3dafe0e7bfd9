//! Reading, listing and deleting data sets.

use http::Method;
use ids::DatasetId;
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use super::{PATH, greetings, kept, path};
use crate::support::{admin, start};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_data_set_is_its_owner_s_alone(pool: PgPool) {
    let app = start(&pool).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let path = path(&ada.post(PATH, greetings()).await.expect(201));
    for stranger in [user("eve"), admin()] {
        let stranger = anonymous.forwarded_for(&stranger);
        stranger.get(&path).await.expect_problem(404, "DATASET_NOT_FOUND");
        stranger.delete(&path).await.expect_problem(404, "DATASET_NOT_FOUND");
        assert_eq!(stranger.get(PATH).await.expect(200)["totalElements"], 0);
    }
    for (method, path) in
        [(Method::GET, PATH), (Method::POST, PATH), (Method::GET, &path), (Method::DELETE, &path)]
    {
        let answer = anonymous.try_call(method, path, Some(&greetings())).await.unwrap();
        answer.expect_problem(401, "AUTHENTICATION_REQUIRED");
    }
    ada.get(&format!("{PATH}/{}", DatasetId::new())).await.expect_problem(404, "DATASET_NOT_FOUND");
    ada.get(&format!("{PATH}/x")).await.expect_problem(400, "VALIDATION_FAILED");
    ada.get(&path).await.expect(200);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn data_sets_are_listed_newest_first(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(client.post(PATH, greetings()).await.expect(201)["id"].clone());
    }
    let first = client.get(&format!("{PATH}?size=2")).await.expect(200);
    assert_eq!(first["totalElements"], 3);
    assert_eq!((&first["content"][0]["id"], &first["content"][1]["id"]), (&made[2], &made[1]));
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = client.get(&format!("{PATH}?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(second["content"][0]["id"], made[0]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_deleted_data_set_is_gone_but_its_runs_still_show_its_rows(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let unused = client.post(PATH, greetings()).await.expect(201);
    let used = client.post(PATH, greetings()).await.expect(201);
    let run = json!({
        "promptContent": "Hi {{name}}, {{language:English}}",
        "targets": [{"modelProvider": "MOCK", "modelName": "mock"}],
    });
    let runs = format!("{}/runs", path(&used));
    let made = client.post(&runs, run.clone()).await.expect(201);

    for dataset in [&unused, &used] {
        assert_eq!(client.delete(&path(dataset)).await.status, 204);
        client.get(&path(dataset)).await.expect_problem(404, "DATASET_NOT_FOUND");
        client.delete(&path(dataset)).await.expect_problem(404, "DATASET_NOT_FOUND");
    }
    assert_eq!(client.get(PATH).await.expect(200)["totalElements"], 0);
    client.post(&runs, run).await.expect_problem(404, "DATASET_NOT_FOUND");
    let results = format!("/api/tests/runs/{}/results", made["id"].as_str().unwrap());
    let results = client.get(&results).await.expect(200);
    assert_eq!(results["content"][0]["variables"]["name"], "Ada");
    assert_eq!(kept(&pool).await, (1, 3));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_that_begins_while_its_data_set_is_deleted_is_whole_or_not_at_all(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let run = json!({
        "promptContent": "Hi {{name}}, {{language:English}}",
        "targets": [{"modelProvider": "MOCK", "modelName": "mock"}],
    });
    let mut begun = 0;
    for _ in 0..20 {
        let dataset = path(&client.post(PATH, greetings()).await.expect(201));
        let runs = format!("{dataset}/runs");
        let (deleted, made) = tokio::join!(client.delete(&dataset), client.post(&runs, &run));
        assert_eq!(deleted.status, 204, "{}", deleted.text);
        if made.status == 201 {
            begun += 1;
        } else {
            made.expect_problem(404, "DATASET_NOT_FOUND");
        }
        client.get(&dataset).await.expect_problem(404, "DATASET_NOT_FOUND");
    }
    // Those with a run are kept with their three rows, the others are gone.
    assert_eq!(kept(&pool).await, (begun, 3 * begun));
    let cells: i64 =
        sqlx::query_scalar("select count(*) from tests").fetch_one(&pool).await.unwrap();
    assert_eq!(cells, 3 * begun);
}
