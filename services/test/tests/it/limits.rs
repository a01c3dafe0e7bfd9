//! The limits of each user: tests a day, and tests at once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{PgPool, query_scalar};
use testkit::{TestApp, eventually, user};
use wiremock::{Mock, MockServer, matchers::body_string_contains};

use crate::{
    fixture,
    remote::{events, start_at},
    support::{create, finished, mock, start, start_with},
};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn of_many_at_once_exactly_as_many_as_the_day_allows_are_taken(pool: PgPool) {
    let limit = [("TEST_USER_DAILY", "20")];
    let apps = [start_with(&pool, &limit).await, start_with(&pool, &limit).await];
    let ada = user("ada");
    let clients = apps.each_ref().map(|app| app.anonymous().forwarded_for(&ada));
    let all = (0..50).map(|i| clients[i % 2].post("/api/tests", mock("mock")));
    let answers = futures_util::future::join_all(all).await;
    let (taken, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(taken.len(), 20);
    for answer in refused {
        let wait: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=86_400).contains(&wait), "{wait}");
        answer.expect_problem(429, "DAILY_LIMIT_REACHED");
    }
    let stored: i64 = query_scalar("select count(*) from tests").fetch_one(&pool).await.unwrap();
    assert_eq!((stored, counted(&pool).await), (20, 20));

    // One's limit is not another's.
    create(&apps[0].anonymous().forwarded_for(&user("eve")), mock("mock")).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_new_day_begins_anew_and_old_days_are_forgotten(pool: PgPool) {
    let limit = [("TEST_USER_DAILY", "1")];
    let ada = user("ada");
    {
        let app = start_with(&pool, &limit).await;
        let client = app.anonymous().forwarded_for(&ada);
        create(&client, mock("mock")).await;
        client.post("/api/tests", mock("mock")).await.expect_problem(429, "DAILY_LIMIT_REACHED");
        age(&pool, 1).await;
        create(&client, mock("mock")).await;
        app.stop().await;
    }
    age(&pool, 7).await;
    // The day before yesterday's is eight days old by now; a process looks when it starts.
    let _app = start_with(&pool, &limit).await;
    eventually("the older day to be forgotten", || async {
        let days: i64 =
            query_scalar("select count(*) from test_days").fetch_one(&pool).await.unwrap();
        (days == 1).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_is_refused_is_not_counted(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    create(&client, mock("mock")).await;
    client.post("/api/tests", mock("nothing")).await.expect_problem(422, "MODEL_UNKNOWN");
    // As when a constraint refuses the row: nothing half-done.
    let refused = sqlx::query("alter table tests add constraint no_more check (false) not valid");
    refused.execute(&pool).await.unwrap();
    client.post("/api/tests", mock("mock")).await.expect_problem(500, "INTERNAL_ERROR");
    assert_eq!(counted(&pool).await, 1);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn one_person_s_many_tests_hold_up_nobody_else_s(pool: PgPool) {
    // More than enough for all slots, and all due before hers.
    for greedy in [user("greedy"), user("greedier")] {
        queue_many(&pool, greedy.id, 10_000).await;
    }
    let settings = [("TEST_USER_CONCURRENCY", "4"), ("TEST_WORKERS", "6")];
    let app = start_with(&pool, &settings).await;
    eventually("all slots to be taken", || async {
        (most_running(&pool).await == 6).then_some(())
    })
    .await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let started = Instant::now();
    let test = create(&client, mock("mock")).await;
    assert_eq!(finished(&client, &test).await["status"], "COMPLETED");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// Two people ask for 20 slow tests each, and a third for a quick one, which is done at once.
async fn is_quick_beside_slow_ones(app: &TestApp, slow: Value, quick: Value) {
    for name in [user("greedy"), user("greedier")] {
        let client = app.anonymous().forwarded_for(&name);
        let all = (0..20).map(|_| create(&client, slow.clone()));
        join_all(all).await;
        let list = format!("/api/tests/user/{}?size=100", name.id);
        eventually("some of theirs to run", || async {
            let page = client.get(&list).await.expect(200);
            let running = |test: &&Value| test["status"] == "RUNNING";
            let count = page["content"].as_array().unwrap().iter().filter(running).count();
            (count > 0).then_some(())
        })
        .await;
    }
    let client = app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    let started = Instant::now();
    let test = create(&client, quick).await;
    assert_eq!(test["status"], "COMPLETED", "{test}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn two_people_s_slow_tests_do_not_hold_up_a_third_s(pool: PgPool) {
    let app = start(&pool).await;
    is_quick_beside_slow_ones(&app, mock("mock-slow-60000"), mock("mock")).await;
    // As many as before for people who have some running.
    assert!(most_running(&pool).await >= 16);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn nor_do_they_at_a_provider_that_is_slow(pool: PgPool) {
    let server = MockServer::start().await;
    let slow = events(fixture!("openai/answer.sse")).set_delay(Duration::from_secs(60));
    Mock::given(body_string_contains("slowly")).respond_with(slow).mount(&server).await;
    let quick = events(fixture!("openai/answer.sse"));
    Mock::given(body_string_contains("quickly")).respond_with(quick).mount(&server).await;
    let app = start_at(&pool, "OPENAI", &server.uri()).await;
    let asking = |how| json!({"promptContent": how, "modelProvider": "OPENAI", "modelName": "m"});
    is_quick_beside_slow_ones(&app, asking("slowly"), asking("quickly")).await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn two_instances_together_run_no_more_of_one_person_s_than_is_allowed(pool: PgPool) {
    // The database itself notes how many run whenever one begins.
    sqlx::raw_sql(
        "create table most (running bigint);
         create function note_running() returns trigger language plpgsql as $$
         begin
             insert into most select count(*) from tests where status = 'RUNNING';
             return null;
         end $$;
         create trigger began after update on tests for each statement
         execute function note_running();",
    )
    .execute(&pool)
    .await
    .unwrap();
    let limit = [("TEST_USER_CONCURRENCY", "3")];
    let apps = [start_with(&pool, &limit).await, start_with(&pool, &limit).await];
    let ada = user("ada");
    let mut tests: Vec<Value> = Vec::new();
    for i in 0..12 {
        let client = apps[i % 2].anonymous().forwarded_for(&ada);
        tests.push(create(&client, mock("mock-slow")).await);
    }
    let client = apps[0].anonymous().forwarded_for(&ada);
    for test in &tests {
        assert_eq!(finished(&client, test).await["status"], "COMPLETED");
    }
    let most: i64 = query_scalar("select max(running) from most").fetch_one(&pool).await.unwrap();
    assert_eq!(most, 3);
}

async fn queue_many(pool: &PgPool, user: ids::UserId, count: i32) {
    sqlx::query(
        "insert into tests (id, user_id, prompt_content, model_provider, model_name)
         select gen_random_uuid(), $1, 'x', 'MOCK', 'mock-slow'
         from generate_series(1, $2)",
    )
    .bind(user)
    .bind(count)
    .execute(pool)
    .await
    .unwrap();
}

async fn most_running(pool: &PgPool) -> i64 {
    query_scalar("select count(*) from tests where status = 'RUNNING'")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn counted(pool: &PgPool) -> i64 {
    query_scalar("select tests from test_days").fetch_one(pool).await.unwrap()
}

/// As if so many days had passed.
async fn age(pool: &PgPool, days: i32) {
    sqlx::query("update test_days set day = day - $1").bind(days).execute(pool).await.unwrap();
}
