//! Brokers of tests share nothing, whichever kind they are.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, CommitMode, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};
use testkit::{Broker, consume};

const ANSWER: Duration = Duration::from_secs(20);

/// Sends a message, and reads it as a member of the service's group.
fn use_up(address: &str) {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", address);
    let producer: BaseProducer = client.create().unwrap();
    let record = BaseRecord::<str, str>::to("prompt.viewed").key("earlier").payload("\"earlier\"");
    producer.send(record).unwrap();
    producer.flush(ANSWER).unwrap();
    let member: BaseConsumer = client
        .set("group.id", "analytics")
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    member.subscribe(&["prompt.viewed"]).unwrap();
    let message = member.iter().next().unwrap().unwrap();
    member.commit_message(&message, CommitMode::Sync).unwrap();
}

/// Starts a broker several times, and asks each for what is left of the one before.
async fn start_and_use_up(times: usize) {
    for _ in 0..times {
        let broker = Broker::start().await;
        let address = broker.address().to_owned();
        tokio::task::spawn_blocking(move || use_up(&address)).await.unwrap();
        let messages = consume(broker.address(), "prompt.viewed", 1).await;
        assert_eq!(messages[0].0, "earlier");
    }
}

#[tokio::test]
async fn each_test_has_a_broker_with_nothing_of_others_in_it() {
    // At the same time, as tests run.
    let others = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(start_and_use_up(2));
    });
    start_and_use_up(2).await;
    others.join().unwrap();
}
