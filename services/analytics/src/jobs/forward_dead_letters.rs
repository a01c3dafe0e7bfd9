//! Sends dead letters on to `<topic>.dlq`, apart from the consumer: a dead-letter topic that cannot
//! take them holds up no event. The table has them either way.
//!
//! Each arrives at least once, and twice when the process ends between the delivery and the commit.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use events::{Producer, topics::dead_letter_topic};
use futures_util::future::join_all;
use service_kit::Next;
use sqlx::PgPool;
use tokio::time::timeout;

use crate::repo::dead_letters::{Unforwarded, lock_unforwarded, mark_forwarded};

/// The number of letters sent in one round.
const BATCH: i64 = 100;

/// The time within which the broker must confirm a letter. The transaction is open meanwhile, and the
/// database ends one that idles for 15 s.
const DELIVERY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Forwarding {
    pub pool: PgPool,
    pub producer: Arc<Producer>,
}

/// Forwards the oldest dead letters that are left.
pub async fn forward_dead_letters(
    Forwarding { pool, producer }: Forwarding,
) -> anyhow::Result<Next> {
    let mut tx = pool.begin().await?;
    let letters = lock_unforwarded(&mut tx, BATCH).await?;
    if letters.is_empty() {
        return Ok(Next::AfterPeriod);
    }
    let results = join_all(letters.iter().map(|letter| deliver(&producer, letter))).await;
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
        None => Ok(Next::at_once_if(letters.len() == BATCH as usize)),
    }
}

async fn deliver(producer: &Producer, letter: &Unforwarded) -> anyhow::Result<()> {
    let key = String::from_utf8_lossy(letter.key.as_deref().unwrap_or_default());
    let topic = dead_letter_topic(&letter.topic);
    timeout(DELIVERY, producer.deliver(&topic, &key, &letter.payload))
        .await
        .with_context(|| format!("{topic} did not take a dead letter within {DELIVERY:?}"))?
}
