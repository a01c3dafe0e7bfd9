//! A process that relays an outbox, brokers that fail, and rows of the outbox.

use std::{collections::HashMap, sync::Arc};

use axum::Router;
use events::{Producer, jobs, producer::KafkaConfig, topics};
use rdkafka::{
    Message, message::OwnedMessage, mocking::MockCluster, producer::DefaultProducerContext,
};
use service_kit::{Job, Process, Tasks};
use sqlx::{PgPool, migrate::Migrator};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// A database that owns an outbox.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/user");

pub fn kafka(brokers: &str) -> KafkaConfig {
    KafkaConfig { brokers: brokers.to_owned() }
}

pub fn producer(brokers: &str) -> Arc<Producer> {
    Arc::new(Producer::new(&kafka(brokers)).unwrap())
}

/// Starts a broker in memory that answers requests with errors when told so.
pub fn faulty_broker() -> MockCluster<'static, DefaultProducerContext> {
    let broker = MockCluster::new(1).unwrap();
    for topic in topics::all() {
        broker.create_topic(&topic, topics::PARTITIONS, 1).unwrap();
    }
    broker
}

/// A process that relays an outbox.
pub struct Relaying {
    pub wake: Arc<Notify>,
    shutdown: CancellationToken,
    process: JoinHandle<anyhow::Result<()>>,
}

impl Relaying {
    pub async fn start(pool: &PgPool, brokers: &str) -> Self {
        let (producer, wake) = (producer(brokers), Arc::default());
        let jobs = vec![
            jobs::create_topics(&kafka(brokers)),
            jobs::relay_outbox(pool, &producer, &wake),
            jobs::measure_outbox(pool),
            jobs::flush_events(&producer),
        ];
        let (shutdown, process) = start(jobs).await;
        Self { wake, shutdown, process }
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        self.process.await.unwrap().unwrap();
    }
}

/// Runs jobs as a service does.
async fn start(jobs: Vec<Job>) -> (CancellationToken, JoinHandle<anyhow::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let process =
        Process { router: Router::new(), draining: Arc::default(), jobs, tasks: Tasks::default() };
    let shutdown = CancellationToken::new();
    (shutdown.clone(), tokio::spawn(process.run(listener, shutdown)))
}

/// Writes an event as a service does, but with any key and payload.
pub async fn insert(connection: impl sqlx::PgExecutor<'_>, topic: &str, key: &str, payload: &str) {
    sqlx::query("insert into outbox (topic, key, payload) values ($1, $2, $3)")
        .bind(topic)
        .bind(key)
        .bind(payload)
        .execute(connection)
        .await
        .unwrap();
}

pub async fn outbox_depth(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from outbox").fetch_one(pool).await.unwrap()
}

/// Returns the payloads of each key, each the first time that it arrived.
pub fn by_key(messages: &[OwnedMessage]) -> HashMap<String, Vec<String>> {
    let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    let mut keys: HashMap<String, Vec<String>> = HashMap::new();
    for message in messages {
        let payloads = keys.entry(text(message.key())).or_default();
        let payload = text(message.payload());
        if !payloads.contains(&payload) {
            payloads.push(payload);
        }
    }
    keys
}
