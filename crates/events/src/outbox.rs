//! The transactional outbox: an event that must happen is a row in the same transaction as its
//! cause; the relay sends it and deletes the row only once the broker has it.
//!
//! Each owning database has this table (`migrations/<service>/`):
//! `outbox(id, topic, key, payload, request_id, traceparent, created_at)`.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions, PgConnection, PgPool, Row};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{Envelope, Event, EventHeaders, Producer, producer::RawMessage};

/// The number of rows sent in one batch.
const BATCH: i64 = 500;

/// The pause after which the table is read without a notification: another instance may have written.
const POLL: Duration = Duration::from_millis(500);

/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// The advisory lock that makes one relay the active one, so that order is kept. Any number will
/// do, as long as nothing else in the database uses it.
const RELAY_LOCK: i64 = 0x6f75_7462_6f78;

/// Writes an event, in the transaction of its cause.
///
/// # Errors
/// When the insert fails.
pub async fn write<P: Event>(
    connection: &mut PgConnection,
    event: &Envelope<P>,
) -> Result<(), sqlx::Error> {
    let payload =
        serde_json::to_string(event).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let headers = EventHeaders::current();
    sqlx::query(
        "insert into outbox (topic, key, payload, request_id, traceparent) values ($1, $2, $3, $4, $5)",
    )
    .bind(P::TOPIC)
    .bind(event.payload.key())
    .bind(payload)
    .bind(headers.request_id)
    .bind(headers.traceparent)
    .execute(connection)
    .await?;
    Ok(())
}

/// A sender of the events in the outbox.
#[derive(Clone)]
pub(crate) struct Relay {
    pub pool: PgPool,
    pub producer: Arc<Producer>,
    /// Notified after a commit that wrote an event.
    pub wake: Arc<Notify>,
}

impl Relay {
    /// Runs until `shutdown`.
    ///
    /// # Errors
    /// When the producer can send nothing more: the process should end and be started again. The
    /// database being away is ridden out.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        loop {
            let round = async {
                match self.relay().await {
                    Ok(()) => {}
                    Err(error) => tracing::warn!("outbox relay: {error:#}"),
                }
                tokio::time::sleep(PAUSE).await;
            };
            tokio::select! {
                () = round => {}
                () = shutdown.cancelled() => return Ok(()),
            }
        }
    }

    /// Takes the lock and relays until an error. The lock belongs to a connection of its own, and ends
    /// with it.
    async fn relay(&self) -> anyhow::Result<()> {
        let mut connection = self.pool.connect_options().as_ref().clone().connect().await?;
        let active: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(RELAY_LOCK)
            .fetch_one(&mut connection)
            .await?;
        if !active {
            return Ok(());
        }
        loop {
            let sent = self.send_batch(&mut connection).await?;
            if sent < BATCH as usize {
                let _ = tokio::time::timeout(POLL, self.wake.notified()).await;
            }
        }
    }

    /// Sends a batch, deletes what the broker has confirmed, and returns how many rows were read.
    async fn send_batch(&self, connection: &mut PgConnection) -> anyhow::Result<usize> {
        // All rows, lowest first, and not "those after the last one seen": ids are given out before
        // commits, so a lower one may appear later.
        let rows = sqlx::query(
            "select id, topic, key, payload, request_id, traceparent from outbox order by id limit $1",
        )
        .bind(BATCH)
        .fetch_all(&mut *connection)
        .await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for row in &rows {
            let headers =
                EventHeaders { request_id: row.try_get(4)?, traceparent: row.try_get(5)? };
            let payload: String = row.try_get(3)?;
            let key: &str = row.try_get(2)?;
            let delivered = self.producer.send(&RawMessage {
                topic: row.try_get(1)?,
                key: Some(key.as_bytes()),
                payload: Some(payload.as_bytes()),
                headers: &headers.wire(),
            })?;
            waiting.push((row.try_get::<i64, _>(0)?, delivered));
        }
        let mut done = Vec::with_capacity(waiting.len());
        let mut failure = None;
        for (id, delivered) in waiting {
            match delivered.outcome().await {
                Ok(()) => done.push(id),
                Err(error) => failure = Some(error.into()),
            }
        }
        sqlx::query("delete from outbox where id = any($1)")
            .bind(&done)
            .execute(connection)
            .await?;
        match failure {
            Some(failure) => Err(failure),
            None => Ok(rows.len()),
        }
    }
}
