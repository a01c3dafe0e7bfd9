//! Producers: one for each codec, one without, and one that sends in transactions.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use futures_util::{StreamExt, stream::FuturesUnordered};
use rdkafka::{
    ClientConfig,
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer, future_producer::DeliveryFuture},
};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    ledger::{Ledger, Outcome},
    maker::Maker,
    message::Message,
};

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// The most messages in one transaction.
const TRANSACTION: usize = 20;

/// The longest wait for one more message of a transaction.
const GATHER: Duration = Duration::from_millis(200);

/// The number of transactions of which one is aborted.
const ABORTED: usize = 5;

/// The time that a message, or a transaction, has: more than any accident takes.
const LIMIT: Duration = Duration::from_secs(120);

/// The pause between two groups of permits.
const TICK: Duration = Duration::from_millis(10);

/// All producers, at work.
pub struct Producers {
    maker: Arc<Mutex<Maker>>,
    permits: Arc<Semaphore>,
    /// The number of messages that may have been sent by now.
    released: usize,
    pub ledger: Ledger,
    probes: FutureProducer,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Producers {
    /// Starts them; they wait until messages are released.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn start(brokers: &str, maker: Maker) -> anyhow::Result<Self> {
        let (maker, ledger) = (Arc::new(Mutex::new(maker)), Ledger::default());
        let permits = Arc::new(Semaphore::new(0));
        let mut tasks = JoinSet::new();
        let source =
            Source { maker: maker.clone(), permits: permits.clone(), ledger: ledger.clone() };
        for codec in CODECS {
            let producer = config(brokers, codec).create()?;
            tasks.spawn(send_all(producer, source.clone()));
        }
        let mut config = config(brokers, "lz4");
        config
            .set("transactional.id", "drill")
            .set("transaction.timeout.ms", LIMIT.as_millis().to_string());
        let producer: FutureProducer = config.create()?;
        let producer = blocking(producer, |it| it.init_transactions(LIMIT)).await?;
        tasks.spawn(send_in_transactions(producer, source));
        let probes = self::config(brokers, "none").create()?;
        Ok(Self { maker, permits, released: 0, ledger, probes, tasks })
    }

    /// Lets this many messages be sent, evenly over a time.
    pub fn release(&mut self, messages: usize, over: Duration) {
        self.released += messages;
        let permits = self.permits.clone();
        tokio::spawn(async move {
            let ticks = (over.as_millis() / TICK.as_millis()).max(1) as usize;
            let mut pace = interval(TICK);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            for tick in 0..ticks {
                pace.tick().await;
                permits.add_permits(messages * (tick + 1) / ticks - messages * tick / ticks);
            }
        });
    }

    /// Tells whether the broker has confirmed all that was released, apart from probes.
    pub fn is_sent(&self, probes: usize) -> bool {
        self.ledger.len() >= self.released + probes
    }

    /// Sends a message made by `make`, and waits until the broker has it; returns it with its offset.
    ///
    /// # Errors
    /// When the broker does not confirm it.
    pub async fn send_probe(
        &self,
        make: impl FnOnce(&mut Maker) -> Message,
    ) -> anyhow::Result<(Message, i64)> {
        let message = make(&mut self.maker.lock().unwrap_or_else(PoisonError::into_inner));
        let outcome = outcome(send(&self.probes, &message)?).await;
        self.ledger.add(message.clone(), outcome);
        match outcome {
            Outcome::At(offset) => Ok((message, offset)),
            _ => anyhow::bail!("the broker did not confirm a probe"),
        }
    }

    /// Waits until all messages are sent.
    ///
    /// # Errors
    /// When a producer failed.
    pub async fn finish(&mut self) -> anyhow::Result<()> {
        // Those who wait for the next message learn that there is none.
        self.permits.add_permits(Semaphore::MAX_PERMITS / 2);
        while let Some(result) = self.tasks.join_next().await {
            result?.context("a producer")?;
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Source {
    maker: Arc<Mutex<Maker>>,
    permits: Arc<Semaphore>,
    ledger: Ledger,
}

impl Source {
    async fn next(&self) -> Option<Message> {
        self.permits.acquire().await.ok()?.forget();
        self.maker.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

fn config(brokers: &str, codec: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("compression.codec", codec)
        .set("enable.idempotence", "true")
        .set("message.timeout.ms", LIMIT.as_millis().to_string())
        // Several messages in a batch: librdkafka compresses only what becomes smaller.
        .set("linger.ms", "50")
        .set("reconnect.backoff.max.ms", "500")
        // Accidents to the broker are what the drill is for.
        .set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
    config
}

async fn send_all(producer: FutureProducer, source: Source) -> anyhow::Result<()> {
    let mut pending = FuturesUnordered::new();
    loop {
        tokio::select! {
            message = source.next() => {
                let Some(message) = message else { break };
                let delivery = send(&producer, &message)?;
                pending.push(async move { (message, outcome(delivery).await) });
            }
            Some((message, outcome)) = pending.next() => source.ledger.add(message, outcome),
        }
    }
    while let Some((message, outcome)) = pending.next().await {
        source.ledger.add(message, outcome);
    }
    Ok(())
}

async fn send_in_transactions(mut producer: FutureProducer, source: Source) -> anyhow::Result<()> {
    let mut number = 0;
    while let Some(first) = source.next().await {
        number += 1;
        producer.begin_transaction()?;
        let mut sent = vec![(send(&producer, &first)?, first)];
        while sent.len() < TRANSACTION {
            // Nobody reads on past an open transaction: it must not wait for the next accident.
            let Ok(Some(message)) = timeout(GATHER, source.next()).await else { break };
            sent.push((send(&producer, &message)?, message));
        }
        let mut delivered = Vec::new();
        for (delivery, message) in sent {
            delivered.push((outcome(delivery).await, message));
        }
        let is_whole = delivered.iter().all(|(outcome, _)| matches!(outcome, Outcome::At(_)));
        let is_committed;
        (producer, is_committed) =
            end_transaction(producer, is_whole && number % ABORTED != 0).await?;
        for (outcome, message) in delivered {
            let outcome = if is_committed { outcome } else { Outcome::Aborted };
            source.ledger.add(message, outcome);
        }
    }
    Ok(())
}

/// Commits or aborts; tells which it was in the end.
async fn end_transaction(
    producer: FutureProducer,
    commits: bool,
) -> anyhow::Result<(FutureProducer, bool)> {
    let ended = spawn_blocking(move || {
        let mut commits = commits;
        loop {
            let result = match commits {
                true => producer.commit_transaction(LIMIT),
                false => producer.abort_transaction(LIMIT),
            };
            match result {
                Ok(()) => return Ok((producer, commits)),
                Err(KafkaError::Transaction(error)) if error.txn_requires_abort() => {
                    commits = false
                }
                Err(KafkaError::Transaction(error)) if error.is_retriable() => {}
                Err(error) => return Err(error),
            }
        }
    });
    Ok(ended.await??)
}

async fn blocking(
    producer: FutureProducer,
    call: impl FnOnce(&FutureProducer) -> Result<(), KafkaError> + Send + 'static,
) -> anyhow::Result<FutureProducer> {
    let called = spawn_blocking(move || call(&producer).map(|()| producer));
    Ok(called.await??)
}

fn send(producer: &FutureProducer, message: &Message) -> anyhow::Result<DeliveryFuture> {
    let mut headers = OwnedHeaders::new();
    for (key, value) in &message.headers {
        headers = headers.insert(Header { key, value: value.as_ref() });
    }
    let mut record: FutureRecord<'_, [u8], [u8]> =
        FutureRecord::to(message.topic).partition(message.partition).headers(headers);
    record.key = message.key.as_deref();
    record.payload = message.payload.as_deref();
    producer.send_result(record).map_err(|(error, _)| error.into())
}

async fn outcome(delivery: DeliveryFuture) -> Outcome {
    match delivery.await {
        Ok(Ok(delivery)) => Outcome::At(delivery.offset),
        _ => Outcome::Refused,
    }
}
