use std::time::{Duration, Instant};

use ids::TestId;
use serde_json::{Value, json};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
    query_scalar,
};
use testkit::{Client, Event, Events, eventually, user};

use crate::support::{Mortal, Switch, admin, create, finished, mock, path, start, start_with};

fn stream_of(test: &Value) -> String {
    format!("{}/stream", path(test))
}

/// The next piece of text.
async fn text(events: &mut Events) -> Event {
    let event = events.next().await.unwrap();
    assert_eq!(event.name, "text");
    event
}

/// The texts in a row, after checking that each begins where the one before ended, and that its id
/// says where it ends. `from` is where the first begins.
fn joined(texts: &[Event], from: usize) -> String {
    let mut all = String::new();
    for event in texts {
        assert_eq!(event.name, "text");
        let offset = from + all.chars().count();
        assert_eq!(event.data["offset"].as_u64().unwrap(), offset as u64);
        all.push_str(event.data["text"].as_str().unwrap());
        let id = format!("{}:{}", event.data["attempt"], from + all.chars().count());
        assert_eq!(event.id.as_deref(), Some(id.as_str()));
    }
    all
}

async fn stored(pool: &PgPool) -> i64 {
    query_scalar("select count(*) from test_streams").fetch_one(pool).await.unwrap()
}

/// A prompt with characters of one to four bytes.
fn slow(millis: u32) -> Value {
    json!({
        "promptContent": "Скажи «привет» 🙂 ".repeat(6), "modelProvider": "MOCK",
        "modelName": format!("mock-slow-{millis}"),
    })
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_is_heard_while_it_comes_and_the_finished_test_is_last(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, slow(1500)).await;
    let mut events = client.events(&stream_of(&test)).await;
    let first = text(&mut events).await;
    assert_eq!(client.get(&path(&test)).await.expect(200)["status"], "RUNNING");
    let mut all = vec![first];
    all.extend(events.rest().await);
    let done = all.pop().unwrap();
    assert_eq!(done.name, "done");
    assert_eq!(done.data, client.get(&path(&test)).await.expect(200));
    assert_eq!(done.data["status"], "COMPLETED");
    assert!(all.len() > 5, "{}", all.len());
    assert_eq!(joined(&all, 0), done.data["response"].as_str().unwrap());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn who_joins_late_gets_all_so_far_first(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, slow(1500)).await;
    let mut early = client.events(&stream_of(&test)).await;
    let mut so_far = String::new();
    for _ in 0..5 {
        so_far.push_str(text(&mut early).await.data["text"].as_str().unwrap());
    }
    let root = app.anonymous().forwarded_for(&admin());
    for listener in [&client, &root] {
        let mut late = listener.events(&stream_of(&test)).await;
        let first = text(&mut late).await;
        assert!(first.data["text"].as_str().unwrap().starts_with(&so_far), "{first:?}");
        let mut all = vec![first];
        all.extend(late.rest().await);
        let done = all.pop().unwrap();
        assert_eq!(joined(&all, 0), done.data["response"].as_str().unwrap());
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn of_a_test_that_is_over_there_is_its_response_and_the_end(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, mock("mock")).await;
    let test = finished(&client, &test).await;
    let events = client.events(&stream_of(&test)).await.rest().await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["text", "done"]);
    assert_eq!(events[0].data["text"], test["response"]);
    assert_eq!(events[1].data, test);

    let test = create(&client, mock("mock-fail")).await;
    let test = finished(&client, &test).await;
    let events = client.events(&stream_of(&test)).await.rest().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].name.as_str(), &events[0].data), ("done", &test));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_listener_goes_on_from_the_last_event_they_had(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, slow(1500)).await;
    let mut before = client.events(&stream_of(&test)).await;
    let mut had = vec![text(&mut before).await, text(&mut before).await];
    drop(before);
    let again = client.with_header("last-event-id", had[1].id.as_deref().unwrap());
    had.extend(again.events(&stream_of(&test)).await.rest().await);
    let done = had.pop().unwrap();
    let response = done.data["response"].as_str().unwrap();
    assert_eq!(joined(&had, 0), response);

    // Over by now.
    let length = response.chars().count();
    for (id, offset) in
        [("1:7".to_owned(), 7), (format!("1:{length}"), length), ("1:9999".to_owned(), length)]
    {
        let client = client.with_header("last-event-id", &id);
        let mut rest = client.events(&stream_of(&test)).await.rest().await;
        assert_eq!(rest.pop().unwrap().data, done.data);
        assert_eq!(joined(&rest, offset), response.chars().skip(offset).collect::<String>());
    }
    // Of an attempt that came to nothing: all of it is void.
    let restarted = client.with_header("last-event-id", "7:3");
    let rest = restarted.events(&stream_of(&test)).await.rest().await;
    assert_eq!((rest[0].name.as_str(), &rest[0].data), ("restart", &json!({"attempt": 1})));
    assert_eq!(joined(&rest[1..2], 0), response);
    for nonsense in ["", "x", "1:-1", "0:0", "-1:5"] {
        let client = client.with_header("last-event-id", nonsense);
        let all = client.events(&stream_of(&test)).await.rest().await;
        assert_eq!(joined(&all[..1], 0), response);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_that_waits_can_be_followed_before_it_begins(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start_with(&database, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    create(&client, mock("mock-slow-1000")).await;
    let test = create(&client, slow(500)).await;
    let mut events = client.events(&stream_of(&test)).await;
    assert_eq!(client.get(&path(&test)).await.expect(200)["status"], "PENDING");
    let mut all = vec![text(&mut events).await];
    all.extend(events.rest().await);
    let done = all.pop().unwrap();
    assert_eq!(joined(&all, 0), done.data["response"].as_str().unwrap());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn another_instance_than_the_one_that_runs_it_streams_it_too(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let pool = pool.connect_with(database.clone()).await.unwrap();
    let runner = start(&database).await;
    let ada = user("ada");
    let client = runner.anonymous().forwarded_for(&ada);
    let test = create(&client, slow(3000)).await;
    eventually("the test to be running", || async {
        (client.get(&path(&test)).await.expect(200)["status"] == "RUNNING").then_some(())
    })
    .await;
    let other = start(&database).await;
    let elsewhere = other.anonymous().forwarded_for(&ada);
    let mut events = elsewhere.events(&stream_of(&test)).await;
    let mut all = vec![text(&mut events).await, text(&mut events).await];
    assert_eq!(client.get(&path(&test)).await.expect(200)["status"], "RUNNING");
    // From the middle of a stored piece.
    let middle = elsewhere.with_header("last-event-id", "1:1");
    let second = text(&mut middle.events(&stream_of(&test)).await).await;
    assert_eq!(second.data["offset"], 1);
    all.extend(events.rest().await);
    let done = all.pop().unwrap();
    assert_eq!((done.name.as_str(), &done.data["status"]), ("done", &json!("COMPLETED")));
    assert_eq!(joined(&all, 0), done.data["response"].as_str().unwrap());
    assert!(all.len() > 3, "{}", all.len());
    eventually("nothing to be left of it", || async { (stored(&pool).await == 0).then_some(()) })
        .await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn when_another_attempt_begins_the_listener_is_told_to_start_anew(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let pool = pool.connect_with(database.clone()).await.unwrap();
    let lease = [("TEST_LEASE_SECONDS", "1")];
    let doomed = Mortal::start(&database, &lease);
    let ada = user("ada");
    let test = create(&Client::new(&doomed.url).forwarded_for(&ada), slow(4000)).await;
    eventually("text to be stored", || async { (stored(&pool).await > 0).then_some(()) }).await;
    doomed.kill(&pool).await;
    let heir = start_with(&database, &lease).await;
    let client = heir.anonymous().forwarded_for(&ada);
    // What the listener had of the first attempt.
    let client = client.with_header("last-event-id", "1:4");
    let mut all = client.events(&stream_of(&test)).await.rest().await;
    let done = all.pop().unwrap();
    assert_eq!(done.data["attempts"], 2);
    let restart = all.iter().position(|event| event.name == "restart").unwrap();
    assert_eq!(all[restart].data, json!({"attempt": 2}));
    joined(&all[..restart], 4);
    assert_eq!(joined(&all[restart + 1..], 0), done.data["response"].as_str().unwrap());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn whoever_follows_a_test_hears_that_it_was_cancelled(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, slow(60_000)).await;
    let mut events = client.events(&stream_of(&test)).await;
    text(&mut events).await;
    let started = Instant::now();
    client.post(&format!("{}/cancel", path(&test)), json!({})).await.expect(200);
    let done = events.rest().await.pop().unwrap();
    assert_eq!((done.name.as_str(), &done.data["status"]), ("done", &json!("CANCELLED")));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stopping_process_ends_its_streams_and_they_go_on_elsewhere(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let ada = user("ada");
    let client = app.anonymous().forwarded_for(&ada);
    let test = create(&client, slow(4000)).await;
    let mut events = client.events(&stream_of(&test)).await;
    let mut had = vec![text(&mut events).await];
    let stopped = tokio::spawn(app.stop());
    had.extend(events.rest().await);
    let last = had.last().unwrap().clone();
    assert_eq!(last.name, "text");

    let next = start(&database).await;
    let client = next.anonymous().forwarded_for(&ada);
    let client = client.with_header("last-event-id", last.id.as_deref().unwrap());
    had.extend(client.events(&stream_of(&test)).await.rest().await);
    let done = had.pop().unwrap();
    assert_eq!(done.data["attempts"], 1);
    assert_eq!(joined(&had, 0), done.data["response"].as_str().unwrap());
    stopped.await.unwrap();
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stream_rides_out_an_outage_of_the_database_and_a_new_one_is_refused(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let switch = Switch::of(pool, &database).await;
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, slow(2000)).await;
    let mut events = client.events(&stream_of(&test)).await;
    let mut all = vec![text(&mut events).await];
    switch.off().await;
    for path in [stream_of(&test), format!("{}/cancel", path(&test))] {
        let answer = match path.ends_with("cancel") {
            true => client.post(&path, json!({})).await,
            false => client.get(&path).await,
        };
        assert_eq!(answer.headers["retry-after"], "1");
        answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    }
    all.push(text(&mut events).await);
    switch.on().await;
    all.extend(events.rest().await);
    let done = all.pop().unwrap();
    assert_eq!((&done.data["status"], &done.data["attempts"]), (&json!("COMPLETED"), &json!(1)));
    assert_eq!(joined(&all, 0), done.data["response"].as_str().unwrap());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stream_is_for_the_owner_and_administrators(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let test = create(&ada, mock("mock")).await;
    let path = stream_of(&test);
    anonymous.get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let eve = anonymous.forwarded_for(&user("eve"));
    eve.get(&path).await.expect_problem(404, "TEST_NOT_FOUND");
    let absent = format!("/api/tests/{}/stream", TestId::new());
    ada.get(&absent).await.expect_problem(404, "TEST_NOT_FOUND");
    let problem =
        ada.get("/api/tests/nonsense/stream").await.expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["errors"]["id"].is_array());
    ada.post(&path, json!({})).await.expect_problem(405, "METHOD_NOT_ALLOWED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn one_person_has_so_many_streams_at_once(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start_with(&database, &[("TEST_USER_STREAMS", "2")]).await;
    let ada = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&ada, slow(60_000)).await;
    let path = stream_of(&test);
    let first = ada.events(&path).await;
    let _second = ada.events(&path).await;
    let refused = ada.get(&path).await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.expect_problem(429, "TOO_MANY_STREAMS");
    // Others have theirs.
    app.anonymous().forwarded_for(&admin()).events(&path).await;
    drop(first);
    let over = create(&ada, mock("mock")).await;
    eventually("a place to be free", || async {
        (ada.get(&stream_of(&over)).await.status == 200).then_some(())
    })
    .await;
}
