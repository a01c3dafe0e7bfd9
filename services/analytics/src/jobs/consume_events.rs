//! From messages to rows: a batch is one transaction, and a message that can never be applied is put
//! aside.

use std::sync::Arc;

use events::{
    consumer::{self, BatchHandler},
    producer::KafkaConfig,
    topics,
};
use rdkafka::{
    Message,
    message::{BorrowedMessage, OwnedMessage},
};
use sqlx::PgPool;
use timestamp::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Activity, DeadLetter},
    service::{
        dead_letters::dead_letter,
        ingest::{Ingested, ingest},
        messages,
        pipeline::CONSUMER_GROUP,
    },
};

/// Consumes every topic until `shutdown`.
pub async fn consume_events(
    (kafka, ingest): (KafkaConfig, Ingest),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    consumer::run(&kafka, CONSUMER_GROUP, &topics::TOPICS, ingest, shutdown).await
}

/// A consumer of batches.
#[derive(Clone)]
pub struct Ingest {
    pub pool: PgPool,
    /// Notified after a commit that inserted dead letters.
    pub refused: Arc<Notify>,
}

/// Messages that are applied in one transaction.
#[derive(Default)]
pub struct Batch {
    activities: Vec<Activity>,
    /// The messages of the activities: the database may refuse one of them.
    messages: Vec<OwnedMessage>,
    letters: Vec<DeadLetter>,
}

impl BatchHandler for Ingest {
    type Batch = Batch;

    fn read(&self, message: &BorrowedMessage<'_>, batch: &mut Batch) {
        match messages::read(message.topic(), message.payload(), Timestamp::now()) {
            Ok(activity) => {
                batch.activities.push(activity);
                batch.messages.push(message.detach());
            }
            Err(refusal) => batch.letters.push(dead_letter(&message.detach(), &refusal)),
        }
    }

    async fn apply(&self, batch: &Batch) -> anyhow::Result<()> {
        match ingest(&self.pool, &batch.activities, &batch.letters).await {
            Ok(ingested) => self.count(ingested),
            Err(error) if error.blames_data() => {
                tracing::warn!("a batch is applied in parts: {error}");
                self.apply_in_parts(batch).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Ingest {
    /// Applies a batch in halves, and what fails of them in halves again, so that a message which the
    /// database refuses takes no other with it.
    async fn apply_in_parts(&self, batch: &Batch) -> anyhow::Result<()> {
        self.count(ingest(&self.pool, &[], &batch.letters).await?);
        let middle = batch.activities.len() / 2;
        // The last is applied first: the parts of a half follow each other, in their order.
        let mut parts = vec![middle..batch.activities.len(), 0..middle];
        while let Some(part) = parts.pop() {
            let (activities, messages) =
                (&batch.activities[part.clone()], &batch.messages[part.clone()]);
            match ingest(&self.pool, activities, &[]).await {
                Ok(ingested) => self.count(ingested),
                Err(error) if error.blames_data() => match messages {
                    [message] => {
                        let letter = dead_letter(message, &error);
                        self.count(ingest(&self.pool, &[], &[letter]).await?);
                    }
                    _ => {
                        let middle = part.start + part.len() / 2;
                        parts.extend([middle..part.end, part.start..middle]);
                    }
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Counts what a transaction changed, and has new dead letters forwarded.
    fn count(&self, ingested: Ingested) {
        let counts = [
            ("applied", ingested.applied),
            ("repeated", ingested.repeated),
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
