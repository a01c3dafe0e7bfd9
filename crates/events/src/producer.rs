//! One producer a process: idempotent, bounded, and never waited for on a request's path.
//!
//! - [`client`]: librdkafka's producer, its settings and delivery reports.

mod client;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http_kit::config::Env;
use rdkafka::{
    ClientConfig,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};
use tokio::sync::oneshot;

use crate::{Envelope, Event, EventHeaders};
use client::{Client, Waiter};

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
            // An address whose machine is gone does not answer at all; the name may have another by now.
            .set("socket.connection.setup.timeout.ms", "2000")
            .set("log.connection.close", "false")
            .set_log_level(RDKafkaLogLevel::Warning);
        config
    }
}

/// A message as it is on the wire: an absent key or payload is null, which an empty one is not.
#[derive(Clone, Copy, Debug)]
pub struct RawMessage<'a> {
    pub topic: &'a str,
    pub key: Option<&'a [u8]>,
    pub payload: Option<&'a [u8]>,
    /// In their order; names may repeat.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
}

/// The reason for which a message did not reach the broker.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It can never be sent as it is.
    #[error("the message is larger than the broker takes")]
    TooLarge,
    #[error(transparent)]
    Kafka(KafkaError),
    /// The client ended before the broker had confirmed the message, which it may still have.
    #[error("the producer ended before the broker confirmed the message")]
    Ended,
}

impl From<KafkaError> for SendError {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize) => {
                Self::TooLarge
            }
            _ => Self::Kafka(error),
        }
    }
}

/// The outcome of a message, which arrives once the broker has confirmed it or all attempts failed.
pub(crate) struct Delivery(oneshot::Receiver<Result<(), SendError>>);

impl Delivery {
    pub async fn outcome(self) -> Result<(), SendError> {
        self.0.await.unwrap_or(Err(SendError::Ended))
    }
}

/// A sender of events.
pub struct Producer {
    config: KafkaConfig,
    client: RwLock<Arc<Client>>,
}

impl Producer {
    /// Makes a producer, without waiting for the broker.
    ///
    /// # Errors
    /// When the settings are refused.
    pub fn new(config: &KafkaConfig) -> anyhow::Result<Self> {
        let client = RwLock::new(Arc::new(Client::new(config)?));
        Ok(Self { config: config.clone(), client })
    }

    /// Hands an event over without waiting; when the buffer is full, the event is dropped and counted
    /// in `events_dropped_total`.
    pub fn offer<P: Event>(&self, event: &Envelope<P>) {
        let payload = match serde_json::to_vec(event) {
            Ok(payload) => payload,
            Err(error) => return tracing::error!("event cannot be written: {error}"),
        };
        let (key, headers) = (event.payload.key(), EventHeaders::current());
        let message = RawMessage {
            topic: P::TOPIC,
            key: Some(key.as_bytes()),
            payload: Some(&payload),
            headers: &headers.wire(),
        };
        if let Err(error) = self.enqueue(&message, None) {
            client::count_dropped(&error);
        }
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// When the buffer is full, or the message can never be sent.
    pub(crate) fn send(&self, message: &RawMessage<'_>) -> Result<Delivery, SendError> {
        let (waiter, outcome) = oneshot::channel();
        self.enqueue(message, Some(waiter))?;
        Ok(Delivery(outcome))
    }

    /// Sends one message and waits until the broker has confirmed it. A message that is too large
    /// fails alone: others that are sent at the same time are not affected.
    ///
    /// # Errors
    /// When it is not confirmed in time, or can never be sent.
    pub async fn deliver_raw(&self, message: &RawMessage<'_>) -> Result<(), SendError> {
        self.send(message)?.outcome().await
    }

    /// Sends one JSON message as [`deliver_raw`](Self::deliver_raw) does.
    ///
    /// # Errors
    /// When it is not confirmed in time.
    pub async fn deliver(&self, topic: &str, key: &str, payload: &[u8]) -> anyhow::Result<()> {
        let headers = EventHeaders::default();
        let message = RawMessage {
            topic,
            key: Some(key.as_bytes()),
            payload: Some(payload),
            headers: &headers.wire(),
        };
        Ok(self.deliver_raw(&message).await?)
    }

    fn enqueue(&self, message: &RawMessage<'_>, waiter: Waiter) -> Result<(), SendError> {
        self.working_client()?.enqueue(message, waiter).map_err(Into::into)
    }

    /// Returns the client, or a new one in the place of one that must send nothing more.
    fn working_client(&self) -> Result<Arc<Client>, KafkaError> {
        let client = self.client();
        if client.fault().is_none() {
            return Ok(client);
        }
        let mut current = self.client.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = current.fault() {
            tracing::error!("another Kafka producer takes the place of one: {fault}");
            metrics::counter!("event_producers_renewed_total").increment(1);
            let successor = Arc::new(Client::new(&self.config)?);
            current.set_successor(&successor);
            *current = successor;
        }
        Ok(current.clone())
    }

    fn client(&self) -> Arc<Client> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what is buffered, for at most `limit`.
    pub async fn flush(self: Arc<Self>, limit: Duration) {
        let flushed = tokio::task::spawn_blocking(move || self.client().flush(limit)).await;
        if let Ok(Err(unsent)) = flushed {
            metrics::counter!("events_dropped_total").increment(unsent.try_into().unwrap_or(0));
            tracing::warn!("{unsent} events were still unsent after {limit:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rdkafka::{Message as _, message::Headers as _};

    use super::*;

    #[tokio::test]
    async fn what_a_client_has_not_sent_is_sent_by_the_one_in_its_place() {
        let broker = local_broker::LocalBroker::start().unwrap();
        // The discard port: nothing listens there.
        let config = |brokers: &str| KafkaConfig { brokers: brokers.to_owned() };
        let first = Client::new(&config("127.0.0.1:9")).unwrap();
        let second = Arc::new(Client::new(&config(broker.address())).unwrap());
        let (waiter, outcome) = oneshot::channel();
        let headers: [(&str, Option<&[u8]>); 2] = [("a", Some(b"1")), ("null", None)];
        let (key, payload) = (Some(&b"key"[..]), Some(&b"payload"[..]));
        let message = RawMessage { topic: "prompt.viewed", key, payload, headers: &headers };
        first.enqueue(&message, Some(waiter)).unwrap();
        first.set_successor(&second);
        drop(first);
        Delivery(outcome).outcome().await.unwrap();
        let arrived = testkit::read_topic(broker.address(), "prompt.viewed", 1).await;
        let arrived = &arrived[0];
        assert_eq!((arrived.key(), arrived.payload()), (key, payload));
        let arrived: Vec<_> =
            arrived.headers().unwrap().iter().map(|it| (it.key, it.value)).collect();
        assert_eq!(arrived, headers);
    }

    #[test]
    fn dropping_a_producer_does_not_wait_for_what_it_holds() {
        // The discard port: nothing listens there.
        let producer = Producer::new(&KafkaConfig { brokers: "127.0.0.1:9".to_owned() }).unwrap();
        let message = RawMessage { topic: "topic", key: None, payload: Some(b"{}"), headers: &[] };
        producer.send(&message).unwrap();
        let started = Instant::now();
        drop(producer);
        assert!(started.elapsed() < Duration::from_millis(50), "{:?}", started.elapsed());
    }
}
