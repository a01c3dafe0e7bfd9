//! Reads the table of revocations for the followers of this instance: four times a second, and at
//! once after a commit of this instance.

use std::time::Duration;

use sqlx::{ConnectOptions, PgConnection, PgPool};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    repo::revocations::{self, Reading},
    service::revocation_feed::RevocationFeed,
    state::AppState,
};

const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The time after which a reading has failed: followers then ask another instance.
const READ_DEADLINE: Duration = Duration::from_secs(1);

/// Reads the table until the process stops.
pub async fn feed_revocations(state: AppState, stop: CancellationToken) -> anyhow::Result<()> {
    stop.run_until_cancelled(feed(&state.revocation_feed, &state.pool)).await;
    Ok(())
}

/// Reads the table until the future is dropped, on a connection of its own: those of the pool may all be
/// busy when many users log in.
async fn feed(feed: &RevocationFeed, pool: &PgPool) {
    let _close = CloseOnDrop(feed);
    let mut connection = None;
    let mut from = 0;
    loop {
        match timeout(READ_DEADLINE, read(pool, &mut connection, from)).await {
            Ok(Ok(reading)) => from = feed.append(reading, from),
            Ok(Err(error)) => feed.mark_unreadable(&error),
            Err(_) => feed.mark_unreadable(&"no answer in time"),
        }
        let _ = timeout(POLL_INTERVAL, feed.woken()).await;
    }
}

/// Reads with the connection, or with a new one when there is none; one that failed is dropped.
async fn read(
    pool: &PgPool,
    connection: &mut Option<PgConnection>,
    from: i64,
) -> sqlx::Result<Reading> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => pool.connect_options().connect().await?,
    };
    let reading = revocations::read(&mut open, from).await?;
    *connection = Some(open);
    Ok(reading)
}

/// A guard that lets followers go when the job ends, also by a panic.
struct CloseOnDrop<'a>(&'a RevocationFeed);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
