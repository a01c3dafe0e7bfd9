//! Following a test from its beginning, from a cursor, and to its end.

use std::time::{Duration, Instant};

use ids::TestId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{eventually, user};

use super::{joined, slow, stream_of, text};
use crate::support::{admin, create, finished, mock, path, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn an_answer_is_heard_while_it_comes_and_the_finished_test_is_last(pool: PgPool) {
    let app = start(&pool).await;
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
async fn who_joins_late_gets_all_so_far_first(pool: PgPool) {
    let app = start(&pool).await;
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
async fn of_a_test_that_is_over_there_is_its_response_and_the_end(pool: PgPool) {
    let app = start(&pool).await;
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
async fn a_listener_goes_on_from_the_last_event_they_had(pool: PgPool) {
    let app = start(&pool).await;
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
async fn a_test_that_waits_can_be_followed_before_it_begins(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
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
async fn whoever_follows_a_test_hears_that_it_was_cancelled(pool: PgPool) {
    let app = start(&pool).await;
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
async fn a_stream_is_for_the_owner_and_administrators(pool: PgPool) {
    let app = start(&pool).await;
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
async fn one_person_has_so_many_streams_at_once(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_USER_STREAMS", "2")]).await;
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
