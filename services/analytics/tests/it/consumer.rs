//! The consumer: every codec, and strangers in the group.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
    producer::{FutureProducer, FutureRecord},
};
use sqlx::PgPool;
use testkit::eventually;

use crate::support::{Message, registered, start};

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn batches_of_every_codec_are_read(pool: PgPool) {
    let fixture = start(&pool).await;
    for (done, codec) in ["none", "gzip", "snappy", "lz4", "zstd"].into_iter().enumerate() {
        let producer: FutureProducer = ClientConfig::new()
            .set("bootstrap.servers", fixture.broker.address())
            .set("compression.type", codec)
            .set("linger.ms", "50")
            .create()
            .unwrap();
        let messages: Vec<Message> = (0..100).map(|_| Message::of(registered())).collect();
        let sending = messages.iter().map(|it| {
            let record = FutureRecord::to(it.topic).key(&it.key).payload(&it.payload);
            producer.send(record, Duration::from_secs(20))
        });
        for sent in futures_util::future::join_all(sending).await {
            sent.unwrap();
        }
        fixture.stats_when("totalUserEvents", 100 * (done as i64 + 1)).await;
    }
}

/// Joins the group with another assignor, or for other topics, and polls until `left` is told.
fn join(
    brokers: String,
    assignor: &'static str,
    topic: &'static str,
) -> std::sync::mpsc::Sender<()> {
    let (left, stay) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let stranger: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", "analytics")
            .set("enable.auto.commit", "false")
            .set("session.timeout.ms", "6000")
            .set("partition.assignment.strategy", assignor)
            .create()
            .unwrap();
        stranger.subscribe(&[topic]).unwrap();
        while let Err(std::sync::mpsc::TryRecvError::Empty) = stay.try_recv() {
            let _ = stranger.poll(Duration::from_millis(50));
        }
    });
    left
}

/// The broker in memory aborts the process when members of a group differ in their assignors.
fn is_assignor_taken(assignor: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are given their stores by the environment"
    )]
    let is_apache = std::env::var("TEST_KAFKA_BROKERS").is_ok_and(|it| !it.is_empty());
    is_apache || assignor == "cooperative-sticky"
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn strangers_in_the_group_cost_no_event_and_count_none_twice(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut sent = 0;
    let strangers = [
        ("cooperative-sticky", "user.registered"),
        ("cooperative-sticky", "prompt.viewed.dlq"),
        ("range", "user.registered"),
    ];
    for (assignor, topic) in strangers.into_iter().filter(|(it, _)| is_assignor_taken(it)) {
        let left = join(fixture.broker.address().to_owned(), assignor, topic);
        for _ in 0..10 {
            fixture.publish((0..20).map(|_| registered())).await;
            sent += 20;
            tokio::task::yield_now().await;
        }
        left.send(()).unwrap();
        fixture.stats_when("totalUserEvents", sent).await;
    }
    let raw: i64 = sqlx::query_scalar("select count(*) from user_activity_events")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(raw, sent);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_service_that_comes_into_a_group_of_another_assignor_waits_until_that_is_gone(
    pool: PgPool,
) {
    if !is_assignor_taken("range") {
        return;
    }
    let fixture = start(&pool).await;
    fixture.publish([registered()]).await;
    fixture.stats_when("totalUserEvents", 1).await;
    fixture.app.stop().await;
    let left = join(fixture.broker.address().to_owned(), "range", "user.registered");
    let app = crate::support::start_with(&pool, &fixture.broker, &fixture.prompts).await;
    for _ in 0..5 {
        let event = Message::of(registered());
        fixture.producer.deliver(event.topic, &event.key, event.payload.as_bytes()).await.unwrap();
    }
    let client = app.anonymous();
    eventually("the API to answer", || async {
        (client.get("/analytics/stats").await.status == 200).then_some(())
    })
    .await;
    left.send(()).unwrap();
    crate::support::stats_when(&client, "totalUserEvents", 6).await;
}
