//! `GET /api/tests/comparisons/{id}/stream`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Event, eventually, user};

use super::{PATH, comparison, finished, path};
use crate::support::{admin, start, start_with};

const SLOW: [&str; 3] = ["mock-slow-900", "mock-slow-1500", "mock-slow-600"];

fn stream_of(comparison: &Value) -> String {
    format!("{}/stream", path(comparison))
}

/// Joins the texts by test, after checking that each begins where the one before it ended, and that each event
/// names the test of its target.
fn answers(comparison: &Value, events: &[Event]) -> BTreeMap<usize, String> {
    let mut answers: BTreeMap<usize, String> = BTreeMap::new();
    for event in events.iter().filter(|event| event.name != "end") {
        let index = usize::try_from(event.data["index"].as_u64().unwrap()).unwrap();
        assert_eq!(event.data["testId"], comparison["targets"][index]["testId"]);
        if event.name == "text" {
            let answer = answers.entry(index).or_default();
            assert_eq!(event.data["offset"].as_u64().unwrap(), answer.chars().count() as u64);
            answer.push_str(event.data["text"].as_str().unwrap());
        }
    }
    answers
}

/// Checks that these events are a whole stream of a comparison that is over by now.
fn expect_whole(now: &Value, events: &[Event]) {
    let targets = now["targets"].as_array().unwrap();
    let answers = answers(now, events);
    for (index, target) in targets.iter().enumerate() {
        assert_eq!(answers[&index], target["response"].as_str().unwrap());
        let done = |event: &&Event| event.name == "done" && event.data["index"] == index;
        let done: Vec<_> = events.iter().filter(done).collect();
        assert_eq!(done.len(), 1, "one end of target {index}");
        assert_eq!(done[0].data["status"], "COMPLETED");
        assert_eq!(done[0].data["response"], target["response"]);
    }
    let end = events.last().unwrap();
    assert_eq!((end.name.as_str(), &end.data), ("end", &json!({"comparisonId": now["id"]})));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn all_answers_come_side_by_side_in_one_stream(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let created = client.post(PATH, comparison(&SLOW)).await.expect(201);
    let events = client.events(&stream_of(&created)).await.rest().await;
    expect_whole(&finished(&client, &created).await, &events);
    // Not one after another.
    let texts = events.iter().filter(|event| event.name == "text");
    let order: Vec<_> = texts.map(|event| event.data["index"].as_u64().unwrap()).collect();
    let changes = order.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes > SLOW.len(), "{order:?}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn only_the_owner_follows_a_comparison(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let created = client.post(PATH, comparison(&["mock", "mock"])).await.expect(201);
    let path = stream_of(&created);
    for other in [user("eve"), admin()] {
        let other = app.anonymous().forwarded_for(&other);
        other.get(&path).await.expect_problem(404, "COMPARISON_NOT_FOUND");
    }
    app.anonymous().get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    client.events(&path).await.rest().await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_listener_to_a_comparison_goes_on_from_the_last_event_they_had(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let created = client.post(PATH, comparison(&SLOW)).await.expect(201);
    let stream = stream_of(&created);
    let mut before = client.events(&stream).await;
    let mut had = Vec::new();
    while !had.iter().any(|event: &Event| event.name == "done") {
        had.push(before.next().await.unwrap());
    }
    drop(before);
    let again = client.with_header("last-event-id", had.last().unwrap().id.as_deref().unwrap());
    had.extend(again.events(&stream).await.rest().await);
    let now = finished(&client, &created).await;
    expect_whole(&now, &had);

    // Over by now: the rest of one answer, and its end.
    let length = now["targets"][1]["response"].as_str().unwrap().chars().count();
    let cursor = format!("done,1:{},done", length - 2);
    let rest = client.with_header("last-event-id", &cursor).events(&stream).await.rest().await;
    let names: Vec<_> = rest.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["text", "done", "end"]);
    assert_eq!(rest[0].data["offset"], length - 2);
    let rest = client.with_header("last-event-id", "done,done,done").events(&stream).await;
    let rest = rest.rest().await;
    assert_eq!((rest.len(), rest[0].name.as_str()), (1, "end"));
    for nonsense in ["", "x", "1:1", "done,done,done,done"] {
        let client = client.with_header("last-event-id", nonsense);
        expect_whole(&now, &client.events(&stream).await.rest().await);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stopping_process_ends_the_stream_without_an_end_and_it_goes_on_elsewhere(pool: PgPool) {
    let app = start(&pool).await;
    let ada = user("ada");
    let client = app.anonymous().forwarded_for(&ada);
    let models = ["mock-slow-3000", "mock-slow-3000"];
    let created = client.post(PATH, comparison(&models)).await.expect(201);
    let mut events = client.events(&stream_of(&created)).await;
    let mut had = vec![events.next().await.unwrap()];
    let stopped = tokio::spawn(app.stop());
    had.extend(events.rest().await);
    let last = had.last().unwrap().clone();
    assert_ne!(last.name, "end");

    let next = start(&pool).await;
    let client = next.anonymous().forwarded_for(&ada);
    let again = client.with_header("last-event-id", last.id.as_deref().unwrap());
    had.extend(again.events(&stream_of(&created)).await.rest().await);
    expect_whole(&finished(&client, &created).await, &had);
    stopped.await.unwrap();
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_comparison_is_one_stream_and_gives_its_place_back_when_the_listener_leaves(
    pool: PgPool,
) {
    let app = start_with(&pool, &[("TEST_USER_STREAMS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let models = ["mock-slow-3000", "mock-slow-3000"];
    let created = client.post(PATH, comparison(&models)).await.expect(201);
    let stream = stream_of(&created);
    let mut events = client.events(&stream).await;
    events.next().await.unwrap();
    client.get(&stream).await.expect_problem(429, "TOO_MANY_STREAMS");
    drop(events);
    // The tests go on without a listener.
    let now = finished(&client, &created).await;
    assert_eq!(now["targets"][0]["status"], "COMPLETED");
    eventually("the place to be free", || async {
        (client.get(&stream).await.status == 200).then_some(())
    })
    .await;
}
