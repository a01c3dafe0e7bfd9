//! Reading and listing evaluation runs.

use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::user;

use super::{dataset, finished, names, path, run};
use crate::support::{admin, assert_snapshot, start};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_is_its_owner_s_alone(pool: PgPool) {
    let app = start(&pool).await;
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
async fn runs_over_a_data_set_are_listed_newest_first(pool: PgPool) {
    let app = start(&pool).await;
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
    assert_snapshot("run_page", &first);
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

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn my_runs_are_listed_over_all_data_sets(pool: PgPool) {
    let app = start(&pool).await;
    let ada = app.anonymous().forwarded_for(&user("ada"));
    let eve = app.anonymous().forwarded_for(&user("eve"));
    let (one, other) = (dataset(&ada, names()).await, dataset(&ada, names()).await);
    let first = ada.post(&one, run(&["mock"])).await.expect(201);
    let second = ada.post(&other, run(&["mock"])).await.expect(201);
    eve.post(&dataset(&eve, names()).await, run(&["mock"])).await.expect(201);
    finished(&ada, &first).await;
    finished(&ada, &second).await;

    let page = ada.get("/api/tests/runs").await.expect(200);
    let ids: Vec<_> = page["content"].as_array().unwrap().iter().map(|run| &run["id"]).collect();
    assert_eq!(ids, [&second["id"], &first["id"]]);
    assert_eq!(page["totalElements"], 2);
    assert_eq!(page["content"][0]["datasetName"], "Set");
    let cursor = ada.get("/api/tests/runs?size=1").await.expect(200)["nextCursor"].clone();
    let rest = ada.get(&format!("/api/tests/runs?cursor={}", cursor.as_str().unwrap())).await;
    assert_eq!(rest.expect(200)["content"][0]["id"], first["id"]);

    // A deleted data set has no name any more; its runs stay.
    ada.delete(one.strip_suffix("/runs").unwrap()).await.expect(204);
    let page = ada.get("/api/tests/runs").await.expect(200);
    assert_eq!(page["content"][1]["datasetName"], Value::Null);

    // These have given contents, and so are of no prompt.
    let of_prompt = format!("/api/tests/runs?promptId={}", first["id"].as_str().unwrap());
    assert_eq!(ada.get(&of_prompt).await.expect(200)["totalElements"], 0);
    ada.get("/api/tests/runs?promptId=x").await.expect_problem(400, "VALIDATION_FAILED");
}
