//! From messages to rows: a batch is one transaction, and a message that can never be applied is put
//! aside.

use std::{ops::Range, sync::Arc};

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
    error::ServiceError,
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
    pub retention_days: u16,
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
        let activities: Vec<&Activity> = batch.activities.iter().collect();
        match self.ingest(&activities, &batch.letters).await {
            Err(error) if error.blames_data() => {
                tracing::warn!("a batch is applied in parts: {error}");
                self.apply_in_parts(&activities, batch).await
            }
            result => Ok(result?),
        }
    }
}

impl Ingest {
    /// Applies a batch in halves, and what fails of them in halves again, so that a message which the
    /// database refuses takes no other with it.
    async fn apply_in_parts(&self, activities: &[&Activity], batch: &Batch) -> anyhow::Result<()> {
        self.ingest(&[], &batch.letters).await?;
        let mut parts = halves(0..activities.len());
        while let Some(part) = parts.pop() {
            match self.ingest(&activities[part.clone()], &[]).await {
                Err(error) if error.blames_data() => match &batch.messages[part.clone()] {
                    [] => return Err(error.into()),
                    [message] => self.ingest(&[], &[dead_letter(message, &error)]).await?,
                    _ => parts.extend(halves(part)),
                },
                result => result?,
            }
        }
        Ok(())
    }

    async fn ingest(
        &self,
        activities: &[&Activity],
        letters: &[DeadLetter],
    ) -> Result<(), ServiceError> {
        let ingested = ingest(&self.pool, self.retention_days, activities, letters).await?;
        self.count(ingested);
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

/// Returns the two halves of a part, the second one first: what is pushed last is applied first.
fn halves(part: Range<usize>) -> Vec<Range<usize>> {
    let middle = part.start + part.len() / 2;
    vec![middle..part.end, part.start..middle]
}
