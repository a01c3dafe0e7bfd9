use std::{
    collections::HashSet,
    ops::Range,
    sync::{Arc, Mutex},
    time::Instant,
};

use events::{
    consumer::{self, BatchHandler},
    producer::KafkaConfig,
};
use rdkafka::{
    ClientConfig, ClientContext, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    message::{DeliveryResult, OwnedMessage},
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext, ThreadedProducer},
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::lag::ANSWER;

#[test]
fn a_broker_starts_and_obeys_without_pauses() {
    for _ in 0..8 {
        let started = Instant::now();
        let broker = LocalBroker::start().unwrap();
        broker.down().unwrap();
        assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    }
}

#[test]
fn lag_is_what_a_group_has_not_committed() {
    let broker = LocalBroker::start().unwrap();
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", broker.address()).set("group.id", "readers");
    assert_eq!(lag(broker.address(), "readers").unwrap(), 0);

    let producer: BaseProducer = client.create().unwrap();
    let topic = topics::TOPICS[0];
    for _ in 0..2 {
        producer.send(BaseRecord::<(), _>::to(topic).partition(3).payload("{}")).unwrap();
    }
    producer.flush(ANSWER).unwrap();
    assert_eq!(lag(broker.address(), "readers").unwrap(), 2);

    let reader: BaseConsumer = client.create().unwrap();
    let mut read = TopicPartitionList::new();
    read.add_partition_offset(topic, 3, Offset::Offset(1)).unwrap();
    reader.commit(&read, CommitMode::Sync).unwrap();
    assert_eq!(lag(broker.address(), "readers").unwrap(), 1);
}

const GROUP: &str = "analytics";

/// The numbers of messages.
type Numbers = Arc<Mutex<HashSet<u64>>>;

/// Notes what the broker acknowledged.
struct Acknowledged(Numbers);

impl ClientContext for Acknowledged {}

impl ProducerContext for Acknowledged {
    type DeliveryOpaque = Box<u64>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<u64>) {
        if result.is_ok() {
            self.0.lock().unwrap().insert(*number);
        }
    }
}

/// Notes what arrives.
struct Arrived(Numbers);

impl BatchHandler for Arrived {
    async fn handle(&self, batch: &[OwnedMessage]) -> anyhow::Result<()> {
        let numbers = batch.iter().map(|message| message.payload().unwrap()[..8].try_into());
        let numbers = numbers.map(|bytes| u64::from_be_bytes(bytes.unwrap()));
        self.0.lock().unwrap().extend(numbers);
        Ok(())
    }
}

/// A payload that cannot be compressed.
fn noise(number: u64) -> Vec<u8> {
    let mut state = number | 1 << 40;
    let mut payload = number.to_be_bytes().to_vec();
    payload.extend((0..25).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    }));
    payload
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_300_000_views_at_once_none_is_lost_while_the_reader_is_away() {
    const VIEWS: u64 = 300_000;
    let broker = LocalBroker::start_bounded(GROUP).unwrap();
    let (acknowledged, arrived) = (Numbers::default(), Numbers::default());
    let count = |numbers: &Numbers| numbers.lock().unwrap().len() as u64;
    let producer: ThreadedProducer<_> = ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", "0")
        .create_with_context(Acknowledged(acknowledged.clone()))
        .unwrap();
    let send = |numbers: Range<u64>| {
        for number in numbers {
            let payload = noise(number);
            let record = BaseRecord::with_opaque_to("prompt.viewed", Box::new(number));
            let sent = producer.send(record.key(&payload[..8]).payload(&payload));
            sent.map_err(|(error, _)| error).unwrap();
        }
    };
    let start_reader = || {
        let config = KafkaConfig { brokers: broker.address().to_owned() };
        let (arrived, stop) = (arrived.clone(), CancellationToken::new());
        let stopped = stop.clone();
        let reading = tokio::spawn(async move {
            consumer::run(&config, GROUP, &topics::TOPICS, Arrived(arrived), stopped).await
        });
        (stop, reading)
    };
    let (stop, reading) = start_reader();
    send(0..1_000);
    until("the first to arrive", || count(&arrived) == 1_000).await;
    stop.cancel();
    reading.await.unwrap().unwrap();

    send(1_000..VIEWS);
    // Nobody reads now, and the broker has not lost anything.
    until("some to be acknowledged", || count(&acknowledged) > 6_000).await;
    let (stop, reading) = start_reader();
    until("all to be acknowledged", || count(&acknowledged) == VIEWS).await;
    until("all to arrive", || count(&arrived) == VIEWS).await;
    stop.cancel();
    reading.await.unwrap().unwrap();
}

#[test]
fn a_bounded_broker_takes_no_more_than_it_keeps() {
    let broker = LocalBroker::start_bounded(GROUP).unwrap();
    let acknowledged = Numbers::default();
    let producer: ThreadedProducer<_> = ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .create_with_context(Acknowledged(acknowledged.clone()))
        .unwrap();
    for number in 0..60_000 {
        let payload = noise(number);
        let record = BaseRecord::<(), _, _>::with_opaque_to("prompt.viewed", Box::new(number));
        let sent = producer.send(record.partition(2).payload(&payload));
        sent.map_err(|(error, _)| error).unwrap();
    }
    assert!(producer.flush(Duration::from_secs(3)).is_err(), "12 MB do not fit");
    let kept = lag(broker.address(), GROUP).unwrap();
    let taken = acknowledged.lock().unwrap().len() as i64;
    assert!(taken > 0 && kept >= taken, "{kept} kept of {taken}");
}
