//! One producer a process: idempotent, bounded, and never waited for on a request's path.

use std::{sync::Arc, thread, time::Duration};

use http_kit::config::Env;
use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    message::{DeliveryResult, Header, OwnedHeaders},
    producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer},
};
use tokio::sync::oneshot;

use crate::{Envelope, Event, EventHeaders};

/// The number of messages that may wait for the broker; more are refused.
const BUFFERED_MESSAGES: u32 = 100_000;

/// The longest time that a message waits for the broker: an outage this long is ridden out.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(300);

/// The longest time for which buffered messages are sent at shutdown.
pub(crate) const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// The address of the broker.
#[derive(Clone, Debug)]
pub struct KafkaConfig {
    /// `host:port`, comma-separated.
    pub brokers: String,
}

impl KafkaConfig {
    /// Reads `KAFKA_BROKERS`.
    pub fn read(env: &mut Env) -> Self {
        Self { brokers: env.required("KAFKA_BROKERS") }
    }

    /// Returns the settings that producers and consumers share.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            // The default lets ten seconds pass before a broker that is back is noticed.
            .set("reconnect.backoff.max.ms", "1000")
            .set("log.connection.close", "false")
            .set_log_level(RDKafkaLogLevel::Warning);
        config
    }
}

/// The sender of a delivery report, if anyone waits for it.
type Waiter = Option<oneshot::Sender<Result<(), KafkaError>>>;

struct Deliveries;

impl ClientContext for Deliveries {
    fn log(&self, _: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!("Kafka: {error}: {reason}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<Waiter>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiter: Box<Waiter>) {
        let result = result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone());
        match (*waiter, result) {
            (Some(waiter), result) => {
                // The receiver may be gone: then its row is still in the outbox.
                let _ = waiter.send(result);
            }
            (None, Ok(())) => {}
            (None, Err(error)) => dropped(&error),
        }
    }
}

fn dropped(error: &KafkaError) {
    metrics::counter!("events_dropped_total").increment(1);
    tracing::debug!("event dropped: {error}");
}

/// A sender of events.
pub struct Producer {
    /// Present until it is dropped.
    inner: Option<ThreadedProducer<Deliveries>>,
}

impl Drop for Producer {
    /// Ends the client on a thread of its own: ending it joins its threads, and waits for what it still
    /// holds.
    fn drop(&mut self) {
        let inner = self.inner.take();
        // Without a thread it ends here.
        let _ = thread::Builder::new().name("producer-end".to_owned()).spawn(move || drop(inner));
    }
}

impl Producer {
    /// Makes a producer, without waiting for the broker.
    ///
    /// # Errors
    /// When the settings are refused.
    pub fn new(config: &KafkaConfig) -> anyhow::Result<Self> {
        let inner = config
            .client()
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("compression.type", "lz4")
            .set("queue.buffering.max.messages", BUFFERED_MESSAGES.to_string())
            .set("queue.buffering.max.kbytes", "65536")
            .set("message.timeout.ms", MESSAGE_TIMEOUT.as_millis().to_string())
            .create_with_context(Deliveries)?;
        Ok(Self { inner: Some(inner) })
    }

    /// Hands an event over without waiting; when the buffer is full, the event is dropped and counted
    /// in `events_dropped_total`.
    pub fn offer<P: Event>(&self, event: &Envelope<P>) {
        let payload = match serde_json::to_vec(event) {
            Ok(payload) => payload,
            Err(error) => return tracing::error!("event cannot be written: {error}"),
        };
        let key = event.payload.key();
        if let Err(error) = self.enqueue(P::TOPIC, &key, &payload, &EventHeaders::current(), None) {
            dropped(&error);
        }
    }

    /// Hands a message over. The receiver gets the broker's confirmation, or the error that ended the
    /// attempts.
    pub(crate) fn send(
        &self,
        topic: &str,
        key: &str,
        payload: &[u8],
        headers: &EventHeaders,
    ) -> Result<oneshot::Receiver<Result<(), KafkaError>>, KafkaError> {
        let (waiter, delivered) = oneshot::channel();
        self.enqueue(topic, key, payload, headers, Some(waiter))?;
        Ok(delivered)
    }

    /// Sends one message and waits until the broker has confirmed it.
    ///
    /// # Errors
    /// When it is not confirmed in time.
    pub async fn deliver(&self, topic: &str, key: &str, payload: &[u8]) -> anyhow::Result<()> {
        self.send(topic, key, payload, &EventHeaders::default())?.await??;
        Ok(())
    }

    fn enqueue(
        &self,
        topic: &str,
        key: &str,
        payload: &[u8],
        headers: &EventHeaders,
        waiter: Waiter,
    ) -> Result<(), KafkaError> {
        let mut wire = OwnedHeaders::new()
            .insert(Header { key: "content-type", value: Some("application/json") });
        let optional =
            [("x-request-id", &headers.request_id), ("traceparent", &headers.traceparent)];
        for (key, value) in optional {
            if let Some(value) = value {
                wire = wire.insert(Header { key, value: Some(value) });
            }
        }
        let record = BaseRecord::with_opaque_to(topic, Box::new(waiter))
            .key(key)
            .payload(payload)
            .headers(wire);
        match &self.inner {
            Some(producer) => producer.send(record).map_err(|(error, _)| error),
            None => Err(KafkaError::Canceled),
        }
    }

    /// Returns the error after which this producer can send nothing more; the process should be
    /// restarted.
    pub(crate) fn fatal(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.inner.as_ref()?.client().fatal_error()
    }

    /// Sends what is buffered, for at most `limit`.
    pub async fn flush(self: Arc<Self>, limit: Duration) {
        let flush = move || self.inner.as_ref().map_or(Ok(()), |producer| producer.flush(limit));
        let flushed = tokio::task::spawn_blocking(flush).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("some events were still unsent after {limit:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn dropping_a_producer_does_not_wait_for_what_it_holds() {
        // The discard port: nothing listens there.
        let producer = Producer::new(&KafkaConfig { brokers: "127.0.0.1:9".to_owned() }).unwrap();
        producer.send("topic", "key", b"{}", &EventHeaders::default()).unwrap();
        let started = Instant::now();
        drop(producer);
        assert!(started.elapsed() < Duration::from_millis(50), "{:?}", started.elapsed());
    }
}
