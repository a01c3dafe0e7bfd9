//! Assertions of prompt tests, and their grades.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{create, finished, mock, start};

fn with(model: &str, assertions: Value) -> Value {
    let mut body = mock(model);
    body["assertions"] = assertions;
    body
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_is_graded_by_weight(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let assertions = json!([
        {"type": "icontains", "value": "SAY HELLO", "weight": 3},
        {"type": "is-json"},
        {"type": "cost", "threshold": 0},
    ]);
    let test = create(&client, with("mock", assertions)).await;
    assert!(test["assertionResults"].is_null());
    let test = finished(&client, &test).await;
    assert_eq!(test["status"], "COMPLETED");
    assert_eq!(test["score"], 0.8);
    let results = test["assertionResults"].as_array().unwrap();
    let seen: Vec<_> = results.iter().map(|result| (&result["type"], &result["passed"])).collect();
    let expected = [
        (json!("icontains"), json!(true)),
        (json!("is-json"), json!(false)),
        (json!("cost"), json!(true)),
    ];
    for (seen, (kind, passed)) in seen.iter().zip(&expected) {
        assert_eq!(*seen, (kind, passed));
    }
    assert_eq!(results[0]["value"], "SAY HELLO");
    assert_eq!(results[0]["weight"], 3.0);
    assert!(results[1]["reason"].is_string());
    assert_eq!(results[2]["threshold"], 0.0);
    assert_eq!(results[2]["actual"], 0.0);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_that_fails_is_not_graded(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test =
        create(&client, with("mock-fail", json!([{"type": "not-contains", "value": "x"}]))).await;
    let test = finished(&client, &test).await;
    assert_eq!(test["status"], "FAILED");
    assert!(test["score"].is_null());
    assert!(test["assertionResults"].is_null());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_bad_assertion_is_named_beside_the_other_bad_fields(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut body = with(
        "mock",
        json!([
            {"type": "contains", "value": "fine"},
            {"type": "regex", "value": "("},
            {"type": "json-schema", "value": {"type": "nonsense"}},
            {"type": "latency"},
            {"type": "similar", "value": "x"},
            {"type": "contains"},
            {"type": "is-json", "weight": 0},
        ]),
    );
    body["temperature"] = json!(3);
    let problem = client.post("/api/tests", body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        [
            "assertions[1].value",
            "assertions[2].value",
            "assertions[3].threshold",
            "assertions[4].type",
            "assertions[5].value",
            "assertions[6].weight",
            "temperature",
        ]
    );
    let known = problem["errors"]["assertions[4].type"][0].as_str().unwrap();
    assert!(known.contains("levenshtein"), "{known}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn assertions_of_the_wrong_kind_and_too_many_are_refused(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    for (assertions, field) in [
        (json!([{"type": "latency", "threshold": "soon"}]), "assertions[0].threshold"),
        (json!([{"value": "x"}]), "assertions[0].type"),
        (json!({"type": "contains"}), "assertions"),
        (json!(vec![json!({"type": "is-json"}); 51]), "assertions"),
    ] {
        let answer = client.post("/api/tests", with("mock", assertions)).await;
        let problem = answer.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), [field]);
    }
    create(&client, with("mock", json!(vec![json!({"type": "is-json"}); 50]))).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn the_seed_makes_another_answer(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    let mut answers = Vec::new();
    for seed in [7, 7, 8] {
        let mut body = mock("mock");
        body["seed"] = json!(seed);
        let test = create(&client, body).await;
        assert_eq!(test["seed"], seed);
        answers.push(test["response"].as_str().unwrap().to_owned());
    }
    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[0], answers[2]);
}
