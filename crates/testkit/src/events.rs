use std::time::Duration;

use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
};
use serde_json::Value;
use tokio::time::timeout;

/// Reads the first `count` messages of a topic: key and value.
///
/// # Panics
/// When a message does not arrive within 20 seconds.
pub async fn consume(brokers: &str, topic: &str, count: usize) -> Vec<(String, Value)> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("test-{}", ids::EventId::new()))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let mut messages = Vec::new();
    while messages.len() < count {
        let message = timeout(Duration::from_secs(20), consumer.recv())
            .await
            .unwrap_or_else(|_| panic!("{} of {count} messages on {topic}", messages.len()))
            .unwrap();
        let key = String::from_utf8(message.key().unwrap_or_default().to_vec()).unwrap();
        messages
            .push((key, serde_json::from_slice(message.payload().unwrap_or_default()).unwrap()));
    }
    messages
}
