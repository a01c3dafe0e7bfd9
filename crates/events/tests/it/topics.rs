//! Topics that vanish under a running service.

use std::{collections::HashMap, time::Duration};

use events::topics;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
};
use sqlx::PgPool;
use testkit::{Broker, eventually, read_topic};

use crate::support::{MIGRATOR, Relaying, insert, outbox_depth};

/// Returns the number of partitions of each topic.
fn partitions(brokers: &str) -> HashMap<String, usize> {
    let client: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let metadata = client.fetch_metadata(None, Duration::from_secs(10)).unwrap();
    let count = |topic: &rdkafka::metadata::MetadataTopic| {
        (topic.name().to_owned(), topic.partitions().len())
    };
    metadata.topics().iter().map(count).collect()
}

/// Only on Apache Kafka: the broker in memory creates no topics, and deletes none.
#[sqlx::test(migrator = "MIGRATOR")]
async fn topics_that_vanish_under_a_running_service_are_made_again_and_the_outbox_drains(
    pool: PgPool,
) {
    let broker = Broker::start().await;
    if !broker.is_apache() {
        eprintln!("skipped: the broker in memory creates no topics");
        return;
    }
    let brokers = broker.address();
    let relaying = Relaying::start(&pool, brokers).await;
    insert(&pool, "user.registered", "before", "1").await;
    read_topic(brokers, "user.registered", 1).await;

    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let names = topics::all();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for result in admin.delete_topics(&names, &AdminOptions::new()).await.unwrap() {
        result.unwrap();
    }
    // Someone else was first with one of them.
    let fewer = NewTopic::new("prompt.viewed", 2, TopicReplication::Fixed(1));
    eventually("a topic of two partitions", || async {
        let results = admin.create_topics([&fewer], &AdminOptions::new()).await.ok()?;
        results[0].is_ok().then_some(())
    })
    .await;
    insert(&pool, "user.registered", "after", "2").await;
    relaying.wake.notify_one();
    eventually("an empty outbox", || async { (outbox_depth(&pool).await == 0).then_some(()) })
        .await;
    let messages = read_topic(brokers, "user.registered", 1).await;
    assert_eq!(rdkafka::Message::key(&messages[0]), Some(b"after".as_slice()));

    eventually("all topics", || async {
        let found = partitions(brokers);
        names.iter().all(|name| found.contains_key(*name)).then_some(())
    })
    .await;
    let found = partitions(brokers);
    for name in names {
        let expected = if name == "prompt.viewed" { 2 } else { 6 };
        assert_eq!(found[name], expected, "{name}");
    }
    relaying.stop().await;
}
