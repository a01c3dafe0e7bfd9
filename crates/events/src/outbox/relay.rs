//! The relay: sends what is in the outbox, in order for each key, as the only one among all instances.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use sqlx::{ConnectOptions, FromRow, PgConnection, PgPool};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{EventHeaders, Producer, RawMessage, SendError, producer::Delivery};

/// The most events sent in one round.
const BATCH: i64 = 1000;

/// The number of rows, oldest first, among which a round looks for one of each key.
const WINDOW: i64 = 5000;

/// The time from the start of a round to the next while events keep coming, so that one request to the
/// broker carries those of a tenth of a second. The first event after a quiet time does not wait.
const GATHER: Duration = Duration::from_millis(100);

/// The pause after which the table is read without a notification: another instance may have written.
const POLL: Duration = Duration::from_millis(500);

/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// The time between attempts to become the active relay.
const TAKE_OVER: Duration = Duration::from_millis(250);

/// The time for which an event that the broker refuses for its size is held back, with those of its
/// key after it.
const HOLD: Duration = Duration::from_secs(60);

/// The time between signs of life to the database while the broker is waited for.
const PING: Duration = Duration::from_secs(1);

/// The longest time for a statement; then the connection is given up.
const STATEMENT: Duration = Duration::from_secs(10);

/// The advisory lock that makes one relay the active one, so that order is kept. Any number will
/// do, as long as nothing else in the database uses it.
const RELAY_LOCK: i64 = 0x6f75_7462_6f78;

/// A sender of the events in the outbox.
#[derive(Clone)]
pub(crate) struct Relay {
    pub pool: PgPool,
    pub producer: Arc<Producer>,
    /// Notified after a commit that wrote an event.
    pub wake: Arc<Notify>,
}

#[derive(FromRow)]
struct OutboxRow {
    id: i64,
    topic: String,
    key: String,
    payload: String,
    request_id: Option<String>,
    traceparent: Option<String>,
}

/// The keys that are held back, by topic and key, and until when.
type HeldKeys = HashMap<(String, String), Instant>;

impl Relay {
    /// Runs until `shutdown`, whatever is away meanwhile. A round under way is finished.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        while !shutdown.is_cancelled() {
            if let Err(error) = self.relay(&shutdown).await {
                tracing::warn!("outbox relay: {error:#}");
            }
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = shutdown.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Waits for the lock, and relays until an error or `shutdown`. The lock belongs to a connection of
    /// its own, and ends with it.
    async fn relay(&self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        let mut connection = connect(&self.pool).await?;
        while !lock(&mut connection).await? {
            tokio::select! {
                () = sleep(TAKE_OVER) => {}
                () = shutdown.cancelled() => return Ok(()),
            }
        }
        let mut held = HeldKeys::new();
        while !shutdown.is_cancelled() {
            let started = Instant::now();
            let is_full = self.send_batch(&mut connection, &mut held).await?;
            let next_round = async {
                let _ = timeout(POLL, self.wake.notified()).await;
                sleep_until(started + GATHER).await;
            };
            if !is_full {
                tokio::select! {
                    () = next_round => {}
                    () = shutdown.cancelled() => {}
                }
            }
        }
        Ok(())
    }

    /// Sends a batch and deletes what the broker has confirmed. Returns whether there may be more.
    async fn send_batch(
        &self,
        connection: &mut PgConnection,
        held: &mut HeldKeys,
    ) -> anyhow::Result<bool> {
        held.retain(|_, until| *until > Instant::now());
        let rows = within(STATEMENT, next_rows(connection, held)).await?;
        let mut deliveries = Vec::with_capacity(rows.len());
        let mut failure = None;
        for row in &rows {
            match self.send(row) {
                Ok(delivery) => deliveries.push((row, delivery)),
                Err(error) => failure = note_failure(row, error, held).or(failure),
            }
        }
        let mut done = Vec::with_capacity(deliveries.len());
        for (row, delivery) in deliveries {
            match wait_for(delivery, connection).await? {
                Ok(()) => done.push(row.id),
                Err(error) => failure = note_failure(row, error, held).or(failure),
            }
        }
        within(STATEMENT, delete(connection, &done)).await?;
        match failure {
            Some(failure) => Err(failure.into()),
            // Fewer than a batch may be all keys among the oldest rows.
            None => Ok(!done.is_empty() && rows.len() as i64 == BATCH),
        }
    }

    fn send(&self, row: &OutboxRow) -> Result<Delivery, SendError> {
        let headers = EventHeaders {
            request_id: row.request_id.clone(),
            traceparent: row.traceparent.clone(),
        };
        self.producer.send(&RawMessage {
            topic: &row.topic,
            key: Some(row.key.as_bytes()),
            payload: Some(row.payload.as_bytes()),
            headers: &headers.wire(),
        })
    }
}

/// Holds back the key of an event that is too large; returns any other failure, which is nothing that
/// the event itself is to blame for.
fn note_failure(row: &OutboxRow, error: SendError, held: &mut HeldKeys) -> Option<SendError> {
    let SendError::TooLarge = error else { return Some(error) };
    let OutboxRow { id, topic, key, payload, .. } = row;
    let bytes = payload.len();
    tracing::error!(id, topic, key, bytes, "event is larger than the broker takes; it stays");
    held.insert((topic.clone(), key.clone()), Instant::now() + HOLD);
    None
}

/// Opens a connection whose lock is free within seconds when this process has lost its host or is
/// stopped. After `kill -9` the system closes it at once.
async fn connect(pool: &PgPool) -> anyhow::Result<PgConnection> {
    let options = pool.connect_options();
    let mut connection = within(STATEMENT, options.connect()).await?;
    let settings = sqlx::query(
        "select set_config('tcp_keepalives_idle', '1', false),
                set_config('tcp_keepalives_interval', '1', false),
                set_config('tcp_keepalives_count', '2', false),
                set_config('tcp_user_timeout', '3s', false),
                set_config('idle_session_timeout', '5s', false),
                set_config('statement_timeout', '10s', false)",
    );
    within(STATEMENT, settings.execute(&mut connection)).await?;
    Ok(connection)
}

/// Tries to become the active relay.
async fn lock(connection: &mut PgConnection) -> anyhow::Result<bool> {
    let lock = sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(RELAY_LOCK);
    within(STATEMENT, lock.fetch_one(connection)).await
}

/// Reads the oldest event of each key that is not held back.
///
/// One of each: when it fails, a later one of its key must not have arrived. All rows, oldest first, and
/// not "those after the last one seen": ids are given out before commits, so a lower one may appear later.
async fn next_rows(
    connection: &mut PgConnection,
    held: &HeldKeys,
) -> Result<Vec<OutboxRow>, sqlx::Error> {
    let (topics, keys): (Vec<&str>, Vec<&str>) =
        held.keys().map(|(topic, key)| (topic.as_str(), key.as_str())).unzip();
    sqlx::query_as(
        "select id, topic, key, payload, request_id, traceparent
         from (select distinct on (topic, key) *
               from (select * from outbox
                     where (topic, key) not in (select * from unnest($1::text[], $2::text[]))
                     order by id limit $3) as oldest
               order by topic, key, id) as first_of_key
         order by id limit $4",
    )
    .bind(topics)
    .bind(keys)
    .bind(WINDOW)
    .bind(BATCH)
    .fetch_all(connection)
    .await
}

async fn delete(connection: &mut PgConnection, ids: &[i64]) -> Result<(), sqlx::Error> {
    if !ids.is_empty() {
        let delete = sqlx::query("delete from outbox where id = any($1)").bind(ids);
        delete.execute(connection).await?;
    }
    Ok(())
}

/// Waits for the outcome of a delivery. The session is kept from looking dead meanwhile.
///
/// # Errors
/// When the session has ended: the lock is lost, and another relay may be sending.
async fn wait_for(
    delivery: Delivery,
    connection: &mut PgConnection,
) -> anyhow::Result<Result<(), SendError>> {
    let mut delivery = std::pin::pin!(delivery.outcome());
    loop {
        if let Ok(outcome) = timeout(PING, &mut delivery).await {
            return Ok(outcome);
        }
        within(STATEMENT, sqlx::query("select 1").execute(&mut *connection)).await?;
    }
}

/// Gives up on a statement that takes too long: its server may be gone without a word.
async fn within<T>(
    limit: Duration,
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> anyhow::Result<T> {
    Ok(timeout(limit, statement).await.context("the database does not answer")??)
}
