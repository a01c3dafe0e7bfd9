//! Comparing an evaluation run with an earlier one.

use ids::RunId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use super::{dataset, finished, names, path, run};
use crate::support::start;

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_run_is_held_against_an_earlier_one(pool: PgPool) {
    let app = start(&pool).await;
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
async fn only_runs_of_mine_over_the_same_data_set_are_compared(pool: PgPool) {
    let app = start(&pool).await;
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
