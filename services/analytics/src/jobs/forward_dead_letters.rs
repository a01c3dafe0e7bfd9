//! Sends dead letters on to `<topic>.dlq`, apart from the consumer: a dead-letter topic that cannot
//! take them holds up no event. The table has them either way.
//!
//! Each letter has an outcome of its own: one that cannot be sent is tried again later, and holds up no
//! other. Each arrives at least once, and again when the process ends between the delivery and the commit.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use events::{
    Producer,
    producer::{RawMessage, SendError},
    topics::dead_letter_topic,
};
use futures_util::future::join_all;
use service_kit::Next;
use sqlx::PgPool;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    domain::StoredLetter,
    repo::dead_letters::{lock_unforwarded, mark_forwarded, postpone_forwarding},
};

/// The most letters sent in one round, and the most bytes of their payloads.
const BATCH: i64 = 100;
const BATCH_BYTES: i64 = 8 * 1024 * 1024;

/// The time within which the broker must confirm a letter. The transaction is open meanwhile, and the
/// database ends one that idles for 15 s.
const DELIVERY: Duration = Duration::from_secs(5);

/// The time for all letters that are sent one by one; the others of a round follow in the next.
const ALONE: Duration = Duration::from_secs(5);

/// The longest pause between two attempts to send a letter.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Forwarding {
    pub pool: PgPool,
    pub producer: Arc<Producer>,
}

/// Forwards the dead letters whose turn it is.
pub async fn forward_dead_letters(
    Forwarding { pool, producer }: Forwarding,
) -> anyhow::Result<Next> {
    let mut tx = pool.begin().await?;
    let letters = lock_unforwarded(&mut tx, BATCH, BATCH_BYTES).await?;
    if letters.is_empty() {
        return Ok(Next::AfterPeriod);
    }
    let mut results = join_all(letters.iter().map(|letter| deliver(&producer, letter))).await;
    // The broker refuses batches: a letter that is called too large may only have been beside one.
    let deadline = Instant::now() + ALONE;
    for (letter, result) in letters.iter().zip(&mut results) {
        if is_too_large(result) {
            *result = timeout_at(deadline, deliver_cut_to_fit(&producer, letter))
                .await
                .unwrap_or_else(|_| Err(anyhow!("not sent by itself within {ALONE:?}")));
        }
    }
    let (mut delivered, mut postponed) = (Vec::new(), Vec::new());
    for (letter, result) in letters.iter().zip(results) {
        match result {
            Ok(()) => delivered.push(letter.id),
            Err(error) => {
                tracing::warn!("dead letter {} was not forwarded yet: {error:#}", letter.id);
                postponed.push(letter.id);
            }
        }
    }
    mark_forwarded(&mut tx, &delivered).await?;
    postpone_forwarding(&mut tx, &postponed, LONGEST_PAUSE).await?;
    tx.commit().await?;
    Ok(Next::at_once_if(!delivered.is_empty()))
}

async fn deliver(producer: &Producer, letter: &StoredLetter) -> anyhow::Result<()> {
    let delivered = timeout(DELIVERY, deliver_with(producer, letter, letter.payload.as_deref()));
    Ok(delivered.await.with_context(|| {
        format!("{} did not take it within {DELIVERY:?}", dead_letter_topic(&letter.topic))
    })??)
}

fn is_too_large(result: &anyhow::Result<()>) -> bool {
    let error = result.as_ref().err().and_then(|error| error.downcast_ref());
    matches!(error, Some(SendError::TooLarge))
}

/// Sends a letter as it came; where the topic takes no message of that size, with half of the payload, or a
/// quarter, and so on. No other may be sent meanwhile.
async fn deliver_cut_to_fit(producer: &Producer, letter: &StoredLetter) -> anyhow::Result<()> {
    let mut payload = letter.payload.as_deref();
    loop {
        match (deliver_with(producer, letter, payload).await, payload) {
            (Err(SendError::TooLarge), Some(whole @ [_, ..])) => {
                payload = Some(&whole[..whole.len() / 2]);
            }
            (result, _) => return Ok(result?),
        }
    }
}

/// Sends a letter with its own key and headers, that payload, and headers that say where it came from.
async fn deliver_with(
    producer: &Producer,
    letter: &StoredLetter,
    payload: Option<&[u8]>,
) -> Result<(), SendError> {
    let is_cut = payload.map(<[u8]>::len) != letter.payload.as_ref().map(Vec::len);
    let mut added = vec![
        ("dead-letter-reason", letter.reason.clone()),
        ("dead-letter-topic", letter.topic.clone()),
        ("dead-letter-partition", letter.partition.to_string()),
        ("dead-letter-offset", letter.offset.to_string()),
        ("dead-letter-time", letter.received_at.to_string()),
    ];
    if is_cut {
        added.push(("dead-letter-original-size", letter.size.to_string()));
    }
    let own = letter.headers.iter().map(|header| {
        (header.name.as_str(), header.value.as_ref().map(|value| value.0.as_slice()))
    });
    let added = added.iter().map(|(name, value)| (*name, Some(value.as_bytes())));
    let message = RawMessage {
        topic: &dead_letter_topic(&letter.topic),
        key: letter.key.as_deref(),
        payload,
        headers: &own.chain(added).collect::<Vec<_>>(),
    };
    producer.deliver_raw(&message).await
}
