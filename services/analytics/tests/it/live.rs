//! `/analytics/live`: when events come, who may listen, and how streams end.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use sqlx::PgPool;
use testkit::{DatabaseSwitch, Events, eventually};
use tokio::time::{interval, timeout};

use crate::support::{registered, start, start_with_settings};

const LIVE: &str = "/analytics/live";

/// Returns the count of registrations in the next event.
async fn next(events: &mut Events) -> i64 {
    let event = events.next().await.unwrap();
    assert_eq!(event.name, "stats");
    event.data["totalUserEvents"].as_i64().unwrap()
}

/// Reads events until one shows `count` registrations.
async fn until(events: &mut Events, count: i64) {
    while next(events).await != count {}
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_stats_come_at_once_and_whenever_they_change(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let mut events = client.events(LIVE).await;
    let first = events.next().await.unwrap();
    assert_eq!(first.data, client.get("/analytics/stats").await.expect(200));
    fixture.publish([registered()]).await;
    assert_eq!(next(&mut events).await, 1);
    // One who comes later, or comes back, is sent the state of now.
    for id in ["", "7", "nonsense"] {
        let mut late = client.with_header("last-event-id", id).events(LIVE).await;
        assert_eq!(next(&mut late).await, 1);
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn however_much_happens_events_come_once_a_second(pool: PgPool) {
    const CHANGES: i64 = 30;
    let fixture = start(&pool).await;
    let mut events = fixture.app.anonymous().events(LIVE).await;
    assert_eq!(next(&mut events).await, 0);
    let began = Instant::now();
    let mut pace = interval(Duration::from_millis(100));
    let changing = async {
        for _ in 0..CHANGES {
            pace.tick().await;
            fixture.publish([registered()]).await;
        }
    };
    let listening = async {
        let (mut received, mut shown) = (0, 0);
        while shown < CHANGES {
            let count = next(&mut events).await;
            assert!(count > shown, "an event is a change");
            (received, shown) = (received + 1, count);
        }
        received
    };
    let ((), received) = join(changing, listening).await;
    // The first may come at once, and the last second may have begun.
    let most = began.elapsed().as_secs() + 2;
    assert!(received <= most, "{received} events, and no more than {most} are due");
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn nothing_on_the_way_may_hold_events_back(pool: PgPool) {
    let fixture = start(&pool).await;
    let head = "GET /analytics/live HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\n\r\n";
    let (status, text) = testkit::raw::exchange(&fixture.app.url, head.as_bytes()).await;
    assert_eq!(status, 200);
    for header in [
        "content-type: text/event-stream",
        "cache-control: no-cache, no-transform",
        "x-accel-buffering: no",
    ] {
        assert!(text.contains(header), "{text}");
    }
    assert!(!text.contains("content-encoding"), "{text}");
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn listeners_are_let_go_when_they_leave_and_refused_beyond_the_bound(pool: PgPool) {
    let fixture = start_with_settings(&pool, &[("ANALYTICS_LIVE_LISTENERS", "3")]).await;
    let client = fixture.app.anonymous();
    let mut listening = Vec::new();
    for _ in 0..3 {
        listening.push(client.events(LIVE).await);
    }
    let refused = client.get(LIVE).await;
    assert_eq!(refused.headers["retry-after"], "5");
    refused.expect_problem(503, "TOO_MANY_LISTENERS");
    drop(listening);
    // An answer that does not end is one that listens.
    eventually("all to be let go", || async {
        timeout(Duration::from_millis(500), client.get(LIVE)).await.is_err().then_some(())
    })
    .await;
    let mut events = client.events(LIVE).await;
    assert_eq!(next(&mut events).await, 0);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn streams_end_with_the_process_and_hold_nothing_up(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut listening = Vec::new();
    for _ in 0..10 {
        let mut events = fixture.app.anonymous().events(LIVE).await;
        assert_eq!(next(&mut events).await, 0);
        listening.push(events);
    }
    let ends = join_all(listening.into_iter().map(Events::until_closed));
    // A stream that does not end by itself stays open when the process gives up waiting for it.
    let (rests, ()) = join(ends, fixture.app.stop()).await;
    for rest in rests {
        assert!(rest.is_empty(), "{rest:?}");
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn an_outage_of_the_database_is_sat_out_by_those_who_listen(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let mut events = client.events(LIVE).await;
    assert_eq!(next(&mut events).await, 0);
    let database = DatabaseSwitch::of(&pool).await;
    database.off().await;
    eventually("newcomers to be refused", || async {
        let answer = timeout(Duration::from_secs(1), client.get(LIVE)).await.ok()?;
        (answer.status == 503).then(|| answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE"))
    })
    .await;
    database.on().await;
    fixture.publish([registered()]).await;
    until(&mut events, 1).await;
}
