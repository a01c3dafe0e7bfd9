//! Reading and listing evaluation runs.

use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use super::{dataset, finished, names, path, run};
use crate::support::{admin, start};

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
