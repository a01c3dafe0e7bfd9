//! Reading topics from their beginning.

use std::time::Duration;

use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
    message::OwnedMessage,
};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

/// How long the messages of a topic may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Reads a topic from its beginning until `is_enough`.
///
/// # Panics
/// When the messages do not arrive within a minute.
pub async fn read_topic_until(
    brokers: &str,
    topic: &str,
    is_enough: impl Fn(&[OwnedMessage]) -> bool,
) -> Vec<OwnedMessage> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("test-{}", ids::EventId::new()))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let deadline = Instant::now() + DEADLINE;
    let mut messages = Vec::new();
    while !is_enough(&messages) {
        let next = timeout_at(deadline, consumer.recv()).await;
        let next = next.unwrap_or_else(|_| panic!("{} messages on {topic}", messages.len()));
        messages.push(next.unwrap().detach());
    }
    messages
}

/// Reads the first `count` messages of a topic.
///
/// # Panics
/// When they do not arrive within a minute.
pub async fn read_topic(brokers: &str, topic: &str, count: usize) -> Vec<OwnedMessage> {
    read_topic_until(brokers, topic, |messages| messages.len() >= count).await
}

/// Reads the first `count` messages of a topic, which are JSON: key and value.
///
/// # Panics
/// When they do not arrive within a minute.
pub async fn consume(brokers: &str, topic: &str, count: usize) -> Vec<(String, Value)> {
    let text = |message: &OwnedMessage| {
        let key = String::from_utf8(message.key().unwrap_or_default().to_vec()).unwrap();
        (key, serde_json::from_slice(message.payload().unwrap_or_default()).unwrap())
    };
    read_topic(brokers, topic, count).await.iter().map(text).collect()
}
