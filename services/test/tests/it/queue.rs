//! The queue through deaths and outages: no test is lost, and none is run by two.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use ids::TestId;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, query_as, query_scalar};
use testkit::{Client, DatabaseSwitch, eventually, user};

use crate::{
    fixture,
    remote::{KEY, asked, body, events, provider},
    support::{
        Mortal, begun_after_their_end, count_endings, create, endings, finished, mock, over, start,
        start_with,
    },
};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn two_instances_on_one_database_complete_every_test_exactly_once(pool: PgPool) {
    count_endings(&pool).await;
    let apps = [start(&pool).await, start(&pool).await];
    let ada = user("ada");
    for i in 0..20 {
        let client = apps[i % 2].anonymous().forwarded_for(&ada);
        create(&client, mock("mock-slow")).await;
    }
    eventually("20 completions", || async {
        (endings(&pool, "COMPLETED").await.0 >= 20).then_some(())
    })
    .await;
    assert_eq!(endings(&pool, "COMPLETED").await, (20, 20));
    assert_eq!(ids(&pool, "attempts = 1").await.len(), 20);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn of_200_tests_each_ends_once_though_workers_are_killed(pool: PgPool) {
    count_endings(&pool).await;
    // Slow enough to be killed over; it outlives the workers, and keeps what it was asked.
    let answer = events(fixture!("openai/answer.sse")).set_delay(Duration::from_millis(200));
    let server = provider([answer]).await;
    let settings = [
        ("TEST_LEASE_SECONDS", "1"),
        ("TEST_CONCURRENCY", "8"),
        ("TEST_USER_CONCURRENCY", "100"),
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_BASE_URL", &server.uri()),
    ];
    let mut doomed = Mortal::start(&pool, &settings);
    let client = Client::new(&doomed.url).forwarded_for(&user("ada"));
    for i in 0..200 {
        let mut asking = mock("mock-fail");
        if i % 10 != 0 {
            asking = json!({"modelProvider": "OPENAI", "modelName": "gpt-4o-mini"});
        }
        asking["promptContent"] = json!(format!("Question {i}"));
        create(&client, asking).await;
    }
    // Two in a row are killed in the midst of their work; what each had in hand is noted.
    let mut in_hand: BTreeSet<(TestId, i32)> = BTreeSet::new();
    for _ in 0..2 {
        let before = over(&pool).await;
        eventually("some to be over", || async { (over(&pool).await > before).then_some(()) })
            .await;
        doomed.kill(&pool).await;
        let running = "select id, attempts from tests where status = 'RUNNING'";
        let running: Vec<(TestId, i32)> = query_as(running).fetch_all(&pool).await.unwrap();
        in_hand.extend(running);
        doomed = Mortal::start(&pool, &settings);
    }
    assert!(!in_hand.is_empty());
    assert!(over(&pool).await < 200);
    eventually("200 endings", || async { (over(&pool).await >= 200).then_some(()) }).await;
    assert_eq!(endings(&pool, "COMPLETED").await, (180, 180));
    assert_eq!(endings(&pool, "FAILED").await, (20, 20));
    // Only what was in hand when a worker died was begun again, and nothing was after it was over.
    let again: Vec<(TestId, i32)> =
        query_as("select id, generate_series(1, attempts - 1) from tests where attempts > 1")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(again.into_iter().collect::<BTreeSet<_>>(), in_hand);
    assert_eq!(begun_after_their_end(&pool).await, 0);

    // The provider charges what it is asked. It was asked once for what was done at the first attempt,
    // and never more often than there were attempts.
    let mut charges: BTreeMap<String, i32> = BTreeMap::new();
    for request in asked(&server).await {
        let question = body(&request)["messages"][0]["content"].as_str().unwrap().to_owned();
        *charges.entry(question).or_default() += 1;
    }
    let attempts: Vec<(String, i32)> =
        query_as("select prompt_content, attempts from tests where status = 'COMPLETED'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!((attempts.len(), charges.len()), (180, 180));
    for (question, attempts) in attempts {
        let charged = charges[&question];
        assert!((1..=attempts).contains(&charged), "{question}: {charged} of {attempts}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_expired_lease_is_taken_over(pool: PgPool) {
    let ada = user("ada");
    let test = {
        let app = start(&pool).await;
        let client = app.anonymous().forwarded_for(&ada);
        let test = create(&client, mock("mock")).await;
        finished(&client, &test).await;
        app.stop().await;
        test
    };
    // As a worker leaves it that dies on its first attempt.
    sqlx::query(
        "update tests set status = 'RUNNING', response = null, cost = null, price_version = null,
         completed_at = null, due_at = now()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let app = start(&pool).await;
    let test = finished(&app.anonymous().forwarded_for(&ada), &test).await;
    assert_eq!(test["status"], "COMPLETED");
    assert_eq!(test["attempts"], 2);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stopping_process_finishes_what_it_runs_and_leaves_the_rest(pool: PgPool) {
    count_endings(&pool).await;
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    for _ in 0..10 {
        create(&client, mock("mock-slow")).await;
    }
    eventually("some to be running", || async {
        (!ids(&pool, "status = 'RUNNING'").await.is_empty()).then_some(())
    })
    .await;
    app.stop().await;
    assert!(ids(&pool, "status = 'RUNNING'").await.is_empty());
    assert!(!ids(&pool, "status = 'PENDING' and attempts = 0").await.is_empty());

    let _next = start(&pool).await;
    eventually("10 completions", || async {
        (endings(&pool, "COMPLETED").await.0 >= 10).then_some(())
    })
    .await;
    assert_eq!(endings(&pool, "COMPLETED").await, (10, 10));
    assert_eq!(ids(&pool, "attempts = 1").await.len(), 10);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_database_that_goes_away_and_comes_back_loses_no_test(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let app = start_with(&pool, &[("TEST_WORKERS", "2")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut tests = Vec::new();
    for _ in 0..6 {
        tests.push(create(&client, mock("mock-slow")).await);
    }
    database.off().await;
    client.post("/api/tests", mock("mock")).await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    database.on().await;
    eventually("the service to recover", || async {
        (client.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    for test in tests {
        assert_eq!(finished(&client, &test).await["status"], "COMPLETED");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_failure_is_told_without_internals(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, mock("mock-fail")).await;
    let test = finished(&client, &test).await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["errorMessage"], "The provider could not answer: this model always fails.");
    assert_eq!(test["attempts"], 1);
    for field in ["response", "cost", "priceVersion", "inputTokens", "responseTimeMs"] {
        assert!(test[field].is_null(), "{field} in {test}");
    }
    assert!(test["completedAt"].is_string());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_that_asks_to_wait_is_asked_again_but_not_for_ever(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, mock("mock-rate-limited")).await;
    let test = finished(&client, &test).await;
    assert_eq!(test["status"], "FAILED");
    assert_eq!(test["errorMessage"], "The provider is rate-limiting us.");
    assert_eq!(test["attempts"], 3);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_a_stopping_process_gives_back_is_not_held_against_the_test(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    create(&client, mock("mock-slow-60000")).await;
    eventually("it to be running", || async {
        (!ids(&pool, "status = 'RUNNING'").await.is_empty()).then_some(())
    })
    .await;
    app.stop().await;
    let given_back = "status = 'PENDING' and attempts = 1 and given_back = 1 and due_at <= now()";
    assert_eq!(ids(&pool, given_back).await.len(), 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_result_that_cannot_be_written_takes_no_other_with_it_and_is_given_up(pool: PgPool) {
    let refusal = "alter table tests add check (response not like '%unspeakable%')";
    sqlx::query(refusal).execute(&pool).await.unwrap();
    let app = start_with(&pool, &[("TEST_LEASE_SECONDS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut tests = Vec::new();
    for i in 0..8 {
        let mut body = mock("mock-slow");
        if i == 3 {
            body["promptContent"] = "Say the unspeakable.".into();
        }
        tests.push(create(&client, body).await);
    }
    for (i, test) in tests.iter().enumerate() {
        let test = finished(&client, test).await;
        match i {
            3 => {
                assert_eq!((&test["status"], &test["attempts"]), (&"FAILED".into(), &3.into()));
                assert!(test["errorMessage"].as_str().unwrap().contains("given up"), "{test}");
            }
            _ => assert_eq!((&test["status"], &test["attempts"]), (&"COMPLETED".into(), &1.into())),
        }
    }
}

/// The tests of which this is true.
async fn ids(pool: &PgPool, condition: &str) -> BTreeSet<TestId> {
    let sql = format!("select id from tests where {condition}");
    query_scalar(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap().into_iter().collect()
}
