//! librdkafka's producer: its settings, and what becomes of each message.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{BorrowedMessage, DeliveryResult, Header, Message as _, OwnedHeaders},
    producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer},
};
use tokio::sync::oneshot;

use super::{KafkaConfig, RawMessage, SendError};
use crate::error_log::ErrorLog;

/// The number of messages that may wait for the broker; more are refused.
const BUFFERED_MESSAGES: u32 = 100_000;

/// The payloads that may wait for the broker, in KiB; more are refused.
const BUFFERED_KIB: u32 = 64 * 1024;

/// The longest time that a message waits for the broker: an outage this long is ridden out.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(300);

/// The time for which messages are gathered: a thousand views a second are some eight a request then.
const LINGER: Duration = Duration::from_millis(50);

/// The size of a batch in bytes, beyond which a message goes in a batch of its own. A topic that takes
/// less refuses whole batches, small messages and large ones alike.
const BATCH_BYTES: u32 = 256 * 1024;

/// The largest message in bytes. The broker decides what it takes; this must not be less.
const MESSAGE_BYTES: u32 = 100_000_000;

/// The time between looks at the topics: one that was missing, or is another one of the same name, is
/// found within it.
const METADATA_REFRESH: Duration = Duration::from_secs(2);

/// The time for which messages wait for a topic that is missing, counted from when it was first asked for,
/// or found; longer than [`MESSAGE_TIMEOUT`]. librdkafka reckons in microseconds of 32 bits, so that more
/// than 2,147 s would be none.
const TOPIC_MISSING: Duration = Duration::from_secs(2100);

/// The sender of a delivery report, if anyone waits for it.
pub(super) type Waiter = Option<oneshot::Sender<Result<(), SendError>>>;

/// The name of the line with which librdkafka says that the brokers are of another cluster than before.
const OTHER_CLUSTER: &str = "CLUSTERID";

/// What librdkafka reports to.
#[derive(Default)]
struct Reports {
    errors: ErrorLog,
    is_in_another_cluster: AtomicBool,
    /// The client that sends what this one had not sent when it was replaced.
    successor: OnceLock<Arc<Client>>,
}

impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, fac: &str, message: &str) {
        if fac == OTHER_CLUSTER {
            self.is_in_another_cluster.store(true, Ordering::Relaxed);
        }
        tracing::debug!(fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.errors.report(&error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Waiter>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiter: Box<Waiter>) {
        match (result, self.successor.get()) {
            (Ok(_), _) => report(*waiter, Ok(())),
            (Err((error, message)), Some(successor)) if is_purged(error) => {
                successor.take_over(message, waiter);
            }
            (Err((error, _)), _) => report(*waiter, Err(error.clone().into())),
        }
    }
}

/// Returns whether a message failed only since its client was told to give up what it had not sent.
fn is_purged(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(code, Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight))
}

/// Reports the outcome of a message.
fn report(waiter: Waiter, result: Result<(), SendError>) {
    match (waiter, result) {
        (Some(waiter), result) => {
            // The receiver may be gone: then its row is still in the outbox.
            let _ = waiter.send(result);
        }
        (None, Ok(())) => {}
        (None, Err(error)) => count_dropped(&error),
    }
}

/// Counts an event that is lost.
pub(super) fn count_dropped(error: &SendError) {
    metrics::counter!("events_dropped_total").increment(1);
    tracing::debug!("event dropped: {error}");
}

/// A producer of librdkafka's.
pub(super) struct Client {
    /// Present until it is dropped.
    inner: Option<ThreadedProducer<Reports>>,
}

impl Drop for Client {
    /// Ends the producer on a thread of its own: ending it joins its threads, and waits for what it still
    /// holds.
    fn drop(&mut self) {
        let inner = self.inner.take();
        // Without a thread it ends here.
        let _ = thread::Builder::new().name("producer-end".to_owned()).spawn(move || drop(inner));
    }
}

impl Client {
    pub fn new(config: &KafkaConfig) -> KafkaResult<Self> {
        let inner = config
            .client()
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "lz4")
            .set("linger.ms", LINGER.as_millis().to_string())
            .set("batch.size", BATCH_BYTES.to_string())
            .set("message.max.bytes", MESSAGE_BYTES.to_string())
            .set("queue.buffering.max.messages", BUFFERED_MESSAGES.to_string())
            .set("queue.buffering.max.kbytes", BUFFERED_KIB.to_string())
            .set("message.timeout.ms", MESSAGE_TIMEOUT.as_millis().to_string())
            // A broker that may make topics would make them with its own number of partitions.
            .set("allow.auto.create.topics", "false")
            .set("topic.metadata.refresh.interval.ms", METADATA_REFRESH.as_millis().to_string())
            .set("topic.metadata.propagation.max.ms", TOPIC_MISSING.as_millis().to_string())
            .create_with_context(Reports::default())?;
        Ok(Self { inner: Some(inner) })
    }

    /// Returns why another has to take its place, if one has to.
    ///
    /// It may have met an error after which it sends nothing more. Or the cluster is another: ids of producers
    /// are handed out from the beginning there, and a batch whose producer id and sequence numbers were seen
    /// before is taken for a repetition, and acknowledged without being kept.
    pub fn fault(&self) -> Option<&'static str> {
        let Some(producer) = &self.inner else { return Some("it has ended") };
        if producer.client().fatal_error().is_some() {
            return Some("it cannot go on");
        }
        let is_elsewhere = producer.context().is_in_another_cluster.load(Ordering::Relaxed);
        is_elsewhere.then_some("its id is of another cluster")
    }

    /// Has another client send what this one has not sent by the time when it is dropped.
    pub fn set_successor(&self, successor: &Arc<Client>) {
        if let Some(producer) = &self.inner {
            let _ = producer.context().successor.set(successor.clone());
        }
    }

    /// Sends a message of a client that was replaced; one that was on its way may arrive twice.
    fn take_over(&self, message: &BorrowedMessage<'_>, waiter: Box<Waiter>) {
        let record = BaseRecord {
            key: message.key(),
            payload: message.payload(),
            headers: message.headers().map(|headers| headers.detach()),
            ..BaseRecord::with_opaque_to(message.topic(), waiter)
        };
        let result = self.inner.as_ref().ok_or((KafkaError::Canceled, None));
        let result = result.and_then(|producer| {
            producer.send(record).map_err(|(error, record)| (error, Some(record.delivery_opaque)))
        });
        if let Err((error, waiter)) = result {
            report(waiter.and_then(|waiter| *waiter), Err(error.into()));
        }
    }

    pub fn enqueue(&self, message: &RawMessage<'_>, waiter: Waiter) -> KafkaResult<()> {
        let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
        for (key, value) in message.headers {
            headers = headers.insert(Header { key, value: *value });
        }
        let record = BaseRecord {
            key: message.key,
            payload: message.payload,
            ..BaseRecord::with_opaque_to(message.topic, Box::new(waiter))
        };
        let Some(producer) = &self.inner else { return Err(KafkaError::Canceled) };
        producer.send(record.headers(headers)).map_err(|(error, _)| error)
    }

    /// Waits until nothing is buffered, for at most `limit`. Blocks.
    ///
    /// # Errors
    /// With the number of messages that are still unsent.
    pub fn flush(&self, limit: Duration) -> Result<(), i32> {
        let Some(producer) = &self.inner else { return Ok(()) };
        producer.flush(limit).map_err(|_| producer.in_flight_count())
    }
}
