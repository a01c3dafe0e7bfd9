//! From messages to rows: a batch is one transaction, and a message that can never be applied is put
//! aside.

use std::sync::Arc;

use events::{
    consumer::{self, BatchHandler},
    producer::KafkaConfig,
    topics,
};
use ids::DeadLetterId;
use rdkafka::{Message, message::OwnedMessage};
use sqlx::PgPool;
use timestamp::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Activity, DeadLetter},
    service::{
        ingest::{Ingested, ingest},
        messages,
    },
};

/// The consumer group: instances of the service share the work as its members.
const GROUP: &str = "analytics";

/// Consumes every topic until `shutdown`.
pub async fn consume_events(
    (kafka, ingest): (KafkaConfig, Ingest),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    consumer::run(&kafka, GROUP, &topics::TOPICS, ingest, shutdown).await
}

/// A consumer of batches.
#[derive(Clone)]
pub struct Ingest {
    pub pool: PgPool,
    pub retention_days: u16,
    /// Notified after a commit that inserted dead letters.
    pub refused: Arc<Notify>,
}

impl BatchHandler for Ingest {
    async fn handle(&self, batch: &[OwnedMessage]) -> anyhow::Result<()> {
        let now = Timestamp::now();
        let mut letters = Vec::new();
        let mut readable = Vec::with_capacity(batch.len());
        for message in batch {
            match messages::read(message.topic(), message.payload().unwrap_or_default(), now) {
                Ok(activity) => readable.push((message, activity)),
                Err(refusal) => letters.push(dead_letter(message, &refusal)),
            }
        }
        let activities: Vec<&Activity> = readable.iter().map(|(_, activity)| activity).collect();
        match ingest(&self.pool, self.retention_days, &activities, &letters).await {
            Ok(ingested) => self.count(ingested),
            Err(error) if error.blames_data() => {
                tracing::warn!("a batch is applied one by one: {error}");
                self.apply_one_by_one(&readable, letters).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Ingest {
    /// Applies messages one by one, so that one which the database refuses takes no other with it.
    async fn apply_one_by_one(
        &self,
        readable: &[(&OwnedMessage, Activity)],
        mut letters: Vec<DeadLetter>,
    ) -> anyhow::Result<()> {
        for (message, activity) in readable {
            match ingest(&self.pool, self.retention_days, &[activity], &[]).await {
                Ok(ingested) => self.count(ingested),
                Err(error) if error.blames_data() => letters.push(dead_letter(message, &error)),
                Err(error) => return Err(error.into()),
            }
        }
        self.count(ingest(&self.pool, self.retention_days, &[], &letters).await?);
        Ok(())
    }

    /// Counts what a transaction changed, and has new dead letters forwarded.
    fn count(&self, ingested: Ingested) {
        let counts = [
            ("applied", ingested.applied),
            ("repeated", ingested.repeated),
            ("expired", ingested.expired),
            ("refused", ingested.refused),
        ];
        for (result, count) in counts {
            metrics::counter!("events_consumed_total", "result" => result).increment(count);
        }
        if ingested.refused > 0 {
            tracing::warn!("{} messages went to the dead letters", ingested.refused);
            self.refused.notify_one();
        }
    }
}

/// Makes a dead letter of a message.
fn dead_letter(message: &OwnedMessage, reason: &impl ToString) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId::new(),
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().unwrap_or_default().to_vec(),
        // A reason may quote the message, and Postgres has no text with U+0000.
        reason: reason.to_string().replace('\0', "\u{fffd}"),
    }
}
