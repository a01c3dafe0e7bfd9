//! The relay of the outbox: order by key, late commits, one active relay.

use rdkafka::{
    Message,
    message::OwnedMessage,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};
use sqlx::{Connection, PgConnection, PgPool};
use testkit::{Broker, eventually, read_topic, read_topic_until};

use crate::support::{MIGRATOR, Relaying, by_key, faulty_broker, insert, outbox_depth};

const TOPIC: &str = "user.registered";

async fn empty(pool: &PgPool) {
    eventually("an empty outbox", || async { (outbox_depth(pool).await == 0).then_some(()) }).await;
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn events_of_one_key_arrive_in_order_though_a_delivery_fails(pool: PgPool) {
    let broker = faulty_broker();
    // Large, so that the events of one key do not share a request to the broker.
    let padding = "x".repeat(100_000);
    for number in 0..8 {
        for key in ["one", "two"] {
            insert(&pool, TOPIC, key, &format!("{number}{padding}")).await;
        }
    }
    broker.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_POLICY_VIOLATION; 2],
    );
    let relaying = Relaying::start(&pool, &broker.bootstrap_servers()).await;
    empty(&pool).await;
    let brokers = broker.bootstrap_servers();
    let are_all =
        |messages: &[OwnedMessage]| by_key(messages).values().map(Vec::len).sum::<usize>() == 16;
    for (key, payloads) in by_key(&read_topic_until(&brokers, TOPIC, are_all).await) {
        let numbers: Vec<&str> = payloads.iter().map(|payload| &payload[..1]).collect();
        assert_eq!(numbers, ["0", "1", "2", "3", "4", "5", "6", "7"], "key {key}");
    }
    relaying.stop().await;
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_event_whose_transaction_commits_late_is_sent(pool: PgPool) {
    let broker = Broker::start().await;
    let relaying = Relaying::start(&pool, broker.address()).await;
    let mut late = pool.begin().await.unwrap();
    insert(&mut *late, TOPIC, "late", "1").await;
    insert(&pool, TOPIC, "early", "2").await;
    relaying.wake.notify_one();
    assert_eq!(read_topic(broker.address(), TOPIC, 1).await[0].key(), Some(b"early".as_slice()));
    empty(&pool).await;
    late.commit().await.unwrap();
    relaying.wake.notify_one();
    let messages = read_topic(broker.address(), TOPIC, 2).await;
    assert!(by_key(&messages).contains_key("late"));
    empty(&pool).await;
    relaying.stop().await;
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_relay_sends_nothing_while_another_is_active_and_takes_over_from_it(pool: PgPool) {
    let broker = Broker::start().await;
    let mut other = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    // As src/outbox/relay.rs has it.
    let lock = "select pg_advisory_lock(x'6f7574626f78'::bigint)";
    sqlx::query(lock).execute(&mut other).await.unwrap();
    insert(&pool, TOPIC, "key", "1").await;
    let relaying = Relaying::start(&pool, broker.address()).await;
    let attempts = "select count(*) from pg_stat_activity where datname = current_database()
                    and query like 'select pg_try_advisory_lock%' and state = 'idle'";
    eventually("an attempt to be the active relay", || async {
        let count: i64 = sqlx::query_scalar(attempts).fetch_one(&pool).await.unwrap();
        (count == 1).then_some(())
    })
    .await;
    assert_eq!(outbox_depth(&pool).await, 1);
    other.close().await.unwrap();
    empty(&pool).await;
    assert_eq!(read_topic(broker.address(), TOPIC, 1).await.len(), 1);
    relaying.stop().await;
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_event_that_is_too_large_stays_and_holds_back_only_its_key(pool: PgPool) {
    let broker = faulty_broker();
    broker.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE],
    );
    http_kit::telemetry::metrics();
    insert(&pool, TOPIC, "refused", "1").await;
    insert(&pool, TOPIC, "refused", "2").await;
    let relaying = Relaying::start(&pool, &broker.bootstrap_servers()).await;
    // Only then, so as not to be in the same request.
    eventually("a refusal", || async {
        http_kit::telemetry::metrics().render().contains("outbox_refused_total").then_some(())
    })
    .await;
    for number in 0..3 {
        insert(&pool, TOPIC, "other", &number.to_string()).await;
        eventually("the other key's events", || async {
            (outbox_depth(&pool).await == 2).then_some(())
        })
        .await;
    }
    let messages = read_topic(&broker.bootstrap_servers(), TOPIC, 3).await;
    assert_eq!(by_key(&messages)["other"], ["0", "1", "2"]);
    let left: Vec<(String, String)> = sqlx::query_as("select key, payload from outbox order by id")
        .fetch_all(&pool)
        .await
        .unwrap();
    let row = |payload: &str| ("refused".to_owned(), payload.to_owned());
    assert_eq!(left, [row("1"), row("2")]);
    relaying.stop().await;
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_depth_and_the_age_of_the_outbox_are_metrics_while_nothing_can_be_sent(pool: PgPool) {
    for number in 0..7 {
        insert(&pool, TOPIC, "key", &number.to_string()).await;
    }
    sqlx::query("update outbox set created_at = now() - interval '90 s'")
        .execute(&pool)
        .await
        .unwrap();
    let metrics = http_kit::telemetry::metrics();
    // The discard port: nothing listens there.
    let relaying = Relaying::start(&pool, "127.0.0.1:9").await;
    eventually("the gauges of this outbox", || async {
        let text = metrics.render();
        let value = |name: &str| -> Option<f64> {
            text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        };
        let age = value("outbox_oldest_age_seconds ")?;
        // Tests beside this one have outboxes of their own.
        (value("outbox_depth ")? == 7.0 && (90.0..200.0).contains(&age)).then_some(())
    })
    .await;
    relaying.stop().await;
}
