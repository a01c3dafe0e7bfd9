//! `GET /api/tests/runs/{id}/stream`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Event, user};

use super::{dataset, finished, names, path, run};
use crate::support::{admin, start, start_with};

fn stream_of(run: &Value) -> String {
    format!("{}/stream", path(run))
}

/// Returns the cells of events, by row and target.
fn cells(events: &[Event]) -> BTreeMap<(u64, u64), Value> {
    let cells = events.iter().filter(|event| event.name == "cell").map(|event| {
        let place = |field: &str| event.data[field].as_u64().unwrap();
        ((place("rowNumber"), place("targetIndex")), event.data.clone())
    });
    cells.collect()
}

/// Checks that these events are the end of a stream of this run, all cells of which have ended.
fn expect_end(run: &Value, events: &[Event]) {
    let progress = events.iter().rfind(|event| event.name == "progress");
    assert_eq!(progress.map(|event| &event.data), Some(&run["progress"]), "{events:?}");
    let end = events.last().unwrap();
    assert_eq!((end.name.as_str(), &end.data), ("end", &json!({"runId": run["id"]})));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn each_cell_is_told_as_it_ends(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let created = client.post(&runs, run(&["mock-slow-400", "mock-slow-2500"])).await.expect(201);
    let events = client.events(&stream_of(&created)).await.rest().await;
    assert_eq!(events[0].name, "progress");
    assert_eq!(events[0].data["total"], 4);
    let now = finished(&client, &created).await;
    expect_end(&now, &events);
    let results = client.get(&format!("{}/results", path(&created))).await.expect(200);
    let told: Vec<_> = cells(&events).into_values().collect();
    assert_eq!(json!(told), results["content"]);
    // Those of the quick target came before the others had ended.
    let of_slow = |event: &Event| event.name == "cell" && event.data["targetIndex"] == 1;
    let first_slow = events.iter().position(of_slow).unwrap();
    assert!(events[..first_slow].iter().any(|event| event.data["done"] == 2), "{events:?}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_listener_to_a_run_goes_on_from_the_last_event_they_had(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let created = client.post(&runs, run(&["mock-slow-400", "mock-slow-1500"])).await.expect(201);
    let stream = stream_of(&created);
    let mut before = client.events(&stream).await;
    let first = before.next().await.unwrap();
    drop(before);
    let now = finished(&client, &created).await;
    let again = client.with_header("last-event-id", first.id.as_deref().unwrap());
    let rest = again.events(&stream).await.rest().await;
    assert_eq!(cells(&rest).len(), 4);
    expect_end(&now, &rest);
    // Every cell, of a listener who knows of none.
    let all = client.with_header("last-event-id", "0").events(&stream).await.rest().await;
    assert_eq!(cells(&all).len(), 4);
    for other in ["", "x", "1:1", "9223372036854775807", "-9223372036854775808"] {
        let client = client.with_header("last-event-id", other);
        expect_end(&now, &client.events(&stream).await.rest().await);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn cells_that_are_cancelled_have_ended(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let created = client.post(&runs, run(&["mock-slow-60000"])).await.expect(201);
    let mut events = client.events(&stream_of(&created)).await;
    let first = events.next().await.unwrap();
    assert_eq!(first.data, json!({"done": 0, "total": 2, "cancelled": 0}));
    client.post(&format!("{}/cancel", path(&created)), json!({})).await.expect(200);
    let rest = events.rest().await;
    expect_end(&finished(&client, &created).await, &rest);
    assert!(cells(&rest).values().all(|cell| cell["status"] == "CANCELLED"), "{rest:?}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn only_the_owner_follows_a_run_and_only_so_many_at_once(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_USER_STREAMS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let runs = dataset(&client, names()).await;
    let created = client.post(&runs, run(&["mock-slow-60000"])).await.expect(201);
    let path = stream_of(&created);
    for other in [user("eve"), admin()] {
        let other = app.anonymous().forwarded_for(&other);
        other.get(&path).await.expect_problem(404, "RUN_NOT_FOUND");
    }
    app.anonymous().get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let mut one = client.events(&path).await;
    one.next().await.unwrap();
    client.get(&path).await.expect_problem(429, "TOO_MANY_STREAMS");
}
