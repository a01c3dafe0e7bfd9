use std::time::Duration;

use events::{Producer, producer::KafkaConfig};
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use tempfile::tempdir;
use testkit::{eventually, read_topic};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::spawn_blocking,
    time::timeout,
};

use super::*;
use crate::local::{
    part::{Part, PartEvent, PartReport},
    ports,
    program::log_tail,
};

#[test]
fn the_first_number_of_java_s_version_is_read() {
    let new = "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment";
    assert_eq!(parse_version(new), Some(17));
    assert_eq!(parse_version("java version \"25\" 2025-09-16 LTS"), Some(25));
    assert_eq!(parse_version("java version \"1.8.0_402\""), Some(1));
    assert_eq!(parse_version("command not found"), None);
}

/// Finds Java and Kafka where this checkout has them; where it has not, says so.
fn program() -> Option<Program> {
    let state_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.promptforge");
    Program::find(&state_dir).inspect_err(|error| eprintln!("skipped: {error:#}")).ok()
}

fn any_ports() -> NodePorts {
    NodePorts { broker: ports::any_free().unwrap(), controller: ports::any_free().unwrap() }
}

async fn until_ready(reports: &mut UnboundedReceiver<PartReport>, log: &Path) {
    loop {
        let report = timeout(Duration::from_secs(60), reports.recv()).await;
        match report.unwrap().unwrap().event {
            PartEvent::Ready => return,
            PartEvent::Started(_) => {}
            event => panic!("{event:?}\n{}", log_tail(log, 20)),
        }
    }
}

fn client(ports: NodePorts) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", format!("127.0.0.1:{}", ports.broker)).set("group.id", "g");
    client
}

async fn make_topic(ports: NodePorts, name: &str) {
    use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
    let admin: AdminClient<_> = client(ports).create().unwrap();
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
    admin.create_topics([&topic], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    eventually("the topic", || async {
        let metadata = admin.inner().fetch_metadata(Some(name), Duration::from_secs(5)).unwrap();
        (metadata.topics()[0].partitions().first()?.leader() >= 0).then_some(())
    })
    .await;
}

const MESSAGES: u64 = 5_000;

fn send(ports: NodePorts) {
    let producer: BaseProducer = client(ports).create().unwrap();
    for number in 0..MESSAGES {
        let payload = number.to_be_bytes();
        producer.send(BaseRecord::<(), _>::to("kept").payload(&payload)).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

fn receive(ports: NodePorts) {
    let reader: BaseConsumer = client(ports).set("auto.offset.reset", "earliest").create().unwrap();
    reader.subscribe(&["kept"]).unwrap();
    for (number, message) in (0..MESSAGES).zip(reader.iter()) {
        assert_eq!(message.unwrap().payload(), Some(&number.to_be_bytes()[..]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_stopped_has_all_its_messages_even_on_other_ports() {
    let Some(program) = program() else { return };
    let scratch = tempdir().unwrap();
    let node = Node::new(program, scratch.path().join("kafka"));
    let log = scratch.path().join("log");
    let (send_report, mut reports) = unbounded_channel();

    let first = any_ports();
    assert!(!node.exists());
    node.format(first).await.unwrap();
    assert!(node.exists());
    let part = Part::start(node.spec(first, log.clone()).unwrap(), send_report.clone());
    until_ready(&mut reports, &log).await;
    make_topic(first, "kept").await;
    spawn_blocking(move || send(first)).await.unwrap();
    part.stop().await;

    let second = any_ports();
    let part = Part::start(node.spec(second, log.clone()).unwrap(), send_report);
    until_ready(&mut reports, &log).await;
    spawn_blocking(move || receive(second)).await.unwrap();
    part.stop().await;
}

fn renewals() -> u64 {
    let text = http_kit::telemetry::metrics().render();
    let value = |line: &str| line.strip_prefix("event_producers_renewed_total ")?.parse().ok();
    text.lines().find_map(value).unwrap_or(0)
}

/// Sends a message; a topic that was missing a moment ago may be missing still.
async fn deliver(producer: &Producer, topic: &str, key: &str) {
    eventually(&format!("the delivery of {key}"), || async {
        producer.deliver(topic, key, b"{}").await.ok()
    })
    .await;
}

/// A new cluster hands out the ids of producers from the beginning, and takes a batch for a repetition that
/// has the producer id and the sequence numbers of another.
#[tokio::test(flavor = "multi_thread")]
async fn producers_from_before_and_after_a_renewal_of_the_cluster_lose_nothing_to_each_other() {
    let Some(program) = program() else { return };
    let scratch = tempdir().unwrap();
    let log = scratch.path().join("log");
    let (send_report, mut reports) = unbounded_channel();
    let ports = any_ports();
    let kafka = KafkaConfig { brokers: format!("127.0.0.1:{}", ports.broker) };
    // Metrics are kept from the first look on.
    let renewals_before = renewals();
    let before = Producer::new(&kafka).unwrap();
    let mut part = None;
    for cluster in ["first", "second"] {
        if let Some(part) = part.take() {
            Part::stop(part).await;
        }
        let node = Node::new(program.clone(), scratch.path().join(cluster));
        node.format(ports).await.unwrap();
        part = Some(Part::start(node.spec(ports, log.clone()).unwrap(), send_report.clone()));
        until_ready(&mut reports, &log).await;
        make_topic(ports, "other").await;
        make_topic(ports, "kept").await;
        deliver(&before, "other", cluster).await;
    }
    eventually("a producer with an id of the second cluster", || async {
        deliver(&before, "other", "again").await;
        (renewals() > renewals_before).then_some(())
    })
    .await;
    deliver(&before, "kept", "before").await;
    let after = Producer::new(&kafka).unwrap();
    deliver(&after, "kept", "after").await;
    let arrived = read_topic(&kafka.brokers, "kept", 2).await;
    let keys: Vec<_> = arrived.iter().map(|message| message.key().unwrap()).collect();
    assert_eq!(keys, [&b"before"[..], b"after"]);
    part.unwrap().stop().await;
}
