//! Streams across instances, attempts and outages.

use serde_json::json;
use sqlx::PgPool;
use testkit::{Client, DatabaseSwitch, eventually, user};

use super::{joined, slow, stored, stream_of, text};
use crate::support::{Mortal, create, path, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn another_instance_than_the_one_that_runs_it_streams_it_too(pool: PgPool) {
    let runner = start(&pool).await;
    let ada = user("ada");
    let client = runner.anonymous().forwarded_for(&ada);
    let test = create(&client, slow(3000)).await;
    eventually("the test to be running", || async {
        (client.get(&path(&test)).await.expect(200)["status"] == "RUNNING").then_some(())
    })
    .await;
    let other = start(&pool).await;
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
async fn when_another_attempt_begins_the_listener_is_told_to_start_anew(pool: PgPool) {
    let lease = [("TEST_LEASE_SECONDS", "1")];
    let doomed = Mortal::start(&pool, &lease);
    let ada = user("ada");
    let test = create(&Client::new(&doomed.url).forwarded_for(&ada), slow(4000)).await;
    eventually("text to be stored", || async { (stored(&pool).await > 0).then_some(()) }).await;
    doomed.kill(&pool).await;
    let heir = start_with(&pool, &lease).await;
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
async fn a_stopping_process_ends_its_streams_and_they_go_on_elsewhere(pool: PgPool) {
    let app = start(&pool).await;
    let ada = user("ada");
    let client = app.anonymous().forwarded_for(&ada);
    let test = create(&client, slow(4000)).await;
    let mut events = client.events(&stream_of(&test)).await;
    let mut had = vec![text(&mut events).await];
    let stopped = tokio::spawn(app.stop());
    had.extend(events.rest().await);
    let last = had.last().unwrap().clone();
    assert_eq!(last.name, "text");

    let next = start(&pool).await;
    let client = next.anonymous().forwarded_for(&ada);
    let client = client.with_header("last-event-id", last.id.as_deref().unwrap());
    had.extend(client.events(&stream_of(&test)).await.rest().await);
    let done = had.pop().unwrap();
    assert_eq!(done.data["attempts"], 1);
    assert_eq!(joined(&had, 0), done.data["response"].as_str().unwrap());
    stopped.await.unwrap();
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stream_rides_out_an_outage_of_the_database_and_a_new_one_is_refused(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, slow(2000)).await;
    let mut events = client.events(&stream_of(&test)).await;
    let mut all = vec![text(&mut events).await];
    database.off().await;
    for path in [stream_of(&test), format!("{}/cancel", path(&test))] {
        let answer = match path.ends_with("cancel") {
            true => client.post(&path, json!({})).await,
            false => client.get(&path).await,
        };
        assert_eq!(answer.headers["retry-after"], "1");
        answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    }
    all.push(text(&mut events).await);
    database.on().await;
    all.extend(events.rest().await);
    let done = all.pop().unwrap();
    assert_eq!((&done.data["status"], &done.data["attempts"]), (&json!("COMPLETED"), &json!(1)));
    assert_eq!(joined(&all, 0), done.data["response"].as_str().unwrap());
}
