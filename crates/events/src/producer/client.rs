//! librdkafka's producer: its settings, and what becomes of each message.

use std::{thread, time::Duration};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult},
    message::{DeliveryResult, Header, OwnedHeaders},
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

/// What librdkafka reports to.
#[derive(Default)]
struct Reports {
    errors: ErrorLog,
}

impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.errors.report(&error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Waiter>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiter: Box<Waiter>) {
        let result = result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone().into());
        match (*waiter, result) {
            (Some(waiter), result) => {
                // The receiver may be gone: then its row is still in the outbox.
                let _ = waiter.send(result);
            }
            (None, Ok(())) => {}
            (None, Err(error)) => count_dropped(&error),
        }
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

    /// Returns whether it has met an error after which it sends nothing more.
    pub fn is_broken(&self) -> bool {
        let producer = self.inner.as_ref();
        producer.is_none_or(|producer| producer.client().fatal_error().is_some())
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
