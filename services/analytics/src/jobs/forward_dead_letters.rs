//! Sends dead letters on to `<topic>.dlq`, apart from the consumer: a dead-letter topic that cannot
//! take them holds up no event. The table has them either way.
//!
//! Each gets there at least once; twice when this stops between the delivery and the commit.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use events::{Producer, topics::dead_letter_topic};
use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::repo::dead_letters::{Unforwarded, lock_unforwarded, mark_forwarded};

/// Letters sent in one go.
const BATCH: i64 = 100;

/// How long the broker may take. The transaction is open meanwhile, and the database ends one that
/// idles for 15 s.
const DELIVERY: Duration = Duration::from_secs(5);

/// How often the table is looked at without being told to: finds what another instance left.
const POLL: Duration = Duration::from_secs(10);

/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Forwards until `shutdown`; looks again whenever `wake` is rung.
pub async fn forward(
    pool: PgPool,
    producer: Arc<Producer>,
    wake: Arc<Notify>,
    shutdown: &CancellationToken,
) {
    let forwarding = async {
        loop {
            match forward_batch(&pool, &producer).await {
                Ok(more) if more => {}
                Ok(_) => {
                    let _ = timeout(POLL, wake.notified()).await;
                }
                Err(error) => {
                    tracing::warn!("dead letters not forwarded yet: {error:#}");
                    sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = forwarding => {}
        () = shutdown.cancelled() => {}
    }
}

/// True when there may be more.
async fn forward_batch(pool: &PgPool, producer: &Producer) -> anyhow::Result<bool> {
    let mut tx = pool.begin().await?;
    let letters = lock_unforwarded(&mut tx, BATCH).await?;
    if letters.is_empty() {
        return Ok(false);
    }
    let results = join_all(letters.iter().map(|letter| deliver(producer, letter))).await;
    let mut delivered = Vec::with_capacity(letters.len());
    let mut failure = None;
    for (letter, result) in letters.iter().zip(results) {
        match result {
            Ok(()) => delivered.push(letter.id),
            Err(error) => failure = Some(error),
        }
    }
    mark_forwarded(&mut tx, &delivered).await?;
    tx.commit().await?;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(letters.len() == BATCH as usize),
    }
}

async fn deliver(producer: &Producer, letter: &Unforwarded) -> anyhow::Result<()> {
    let key = String::from_utf8_lossy(letter.key.as_deref().unwrap_or_default());
    let topic = dead_letter_topic(&letter.topic);
    timeout(DELIVERY, producer.deliver(&topic, &key, &letter.payload))
        .await
        .with_context(|| format!("{topic} did not take it within {DELIVERY:?}"))?
}
