//! The access tokens that must not be accepted any more, for the gateways that follow.
//!
//! Every instance reads the table, whichever instance wrote to it, and keeps what it read in memory:
//! followers ask no database. The table is read four times a second, and at once after a commit of this
//! instance.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use ids::SessionId;
use internal_api::user::revocations::{HEARTBEAT, Line, MAX_IN_LINE};
use sqlx::{ConnectOptions, PgConnection, PgPool};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use crate::repo::revocations::{self, Reading, Revoked};

const POLL: Duration = Duration::from_millis(250);

/// A reading that takes longer has failed: followers ask another instance then.
const READ_DEADLINE: Duration = Duration::from_secs(1);

/// What this instance has read.
pub struct Revocations {
    log: RwLock<Log>,
    /// How many were ever put into the log; `None` while the table cannot be read.
    length: watch::Sender<Option<u64>>,
    wake: Notify,
}

/// Revoked `sid`s in the order they were read, those that expire first in front.
#[derive(Default)]
struct Log {
    entries: VecDeque<(SessionId, i64)>,
    /// Those in `entries`: one may be read several times.
    seen: HashSet<SessionId>,
    /// How many have been removed from the front.
    forgotten: u64,
}

impl Log {
    fn length(&self) -> u64 {
        self.forgotten + self.entries.len() as u64
    }

    fn append(&mut self, revoked: Vec<Revoked>) {
        for Revoked { sid, expires_at } in revoked {
            if self.seen.insert(sid) {
                self.entries.push_back((sid, expires_at));
            }
        }
    }

    fn forget_until(&mut self, now: i64) {
        while let Some((sid, _)) = self.entries.front().filter(|(_, expires_at)| *expires_at < now)
        {
            self.seen.remove(sid);
            self.entries.pop_front();
            self.forgotten += 1;
        }
    }

    /// The next entries after `position` of all that were ever in the log, and the position after them.
    fn after(&self, position: u64) -> (Vec<(SessionId, i64)>, u64) {
        let begin = position.saturating_sub(self.forgotten) as usize;
        let part: Vec<_> = self.entries.iter().skip(begin).take(MAX_IN_LINE).copied().collect();
        let end = self.forgotten + (begin + part.len()) as u64;
        (part, end)
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self { log: RwLock::default(), length: watch::Sender::new(None), wake: Notify::new() }
    }
}

impl Revocations {
    /// Has the table read at once, after a commit that may have revoked something.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Reads the table again and again, until the task is dropped. On a connection of its own: those of
    /// the pool may all be busy when many sign in.
    pub async fn run(&self, pool: &PgPool) {
        let _end = End(self);
        let mut connection = None;
        let mut from = 0;
        loop {
            match timeout(READ_DEADLINE, read(pool, &mut connection, from)).await {
                Ok(Ok(reading)) => from = self.take(reading, from),
                Ok(Err(error)) => self.lose(&error),
                Err(_) => self.lose(&"no answer in time"),
            }
            let _ = timeout(POLL, self.wake.notified()).await;
        }
    }

    /// Keeps what was read, and returns where to read on.
    fn take(&self, reading: Reading, from: i64) -> i64 {
        let length = {
            let mut log = self.log.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            log.append(reading.revoked);
            log.forget_until(now());
            log.length()
        };
        self.length.send_if_modified(|known| known.replace(length) != Some(length));
        // Transactions are counted anew in a database that was restored: all of it is read again.
        if reading.next < from { 0 } else { reading.next }
    }

    fn lose(&self, error: &dyn std::fmt::Display) {
        if self.length.send_if_modified(|known| known.take().is_some()) {
            tracing::warn!(
                "revoked sessions cannot be read, and gateways have to ask another instance: {error}"
            );
        }
    }
}

/// Reads with the connection, or a new one where there is none; one that failed is dropped.
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

/// Lets followers go when the task that reads the table ends.
struct End<'a>(&'a Revocations);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.length.send_replace(None);
    }
}

/// Lines of JSON for one follower: all that is revoked, then what comes to it, and an empty line as a
/// sign of life. Ends when the table cannot be read any more; `None` when it cannot be read now.
pub fn follow(
    revocations: Arc<Revocations>,
) -> Option<impl Stream<Item = Result<Bytes, serde_json::Error>> + use<>> {
    let length = revocations.length.subscribe();
    (*length.borrow())?;
    let follower = Follower { revocations, length, position: 0, is_new: true };
    Some(stream::unfold(follower, async |mut follower| {
        let line = follower.next().await?;
        let line = serde_json::to_vec(&line).map(|mut bytes| {
            bytes.push(b'\n');
            Bytes::from(bytes)
        });
        Some((line, follower))
    }))
}

struct Follower {
    revocations: Arc<Revocations>,
    length: watch::Receiver<Option<u64>>,
    /// How much of the log it has been told.
    position: u64,
    is_new: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Line> {
        if !self.is_new && (*self.length.borrow())? <= self.position {
            let _ = timeout(HEARTBEAT, self.length.changed()).await;
        }
        self.is_new = false;
        let length = (*self.length.borrow_and_update())?;
        let log = self.revocations.log.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (revoked, position) = log.after(self.position);
        self.position = position;
        Some(Line { revoked, complete: position >= length })
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    fn revoked(count: usize, expires_at: i64) -> Vec<Revoked> {
        (0..count).map(|_| Revoked { sid: SessionId::new(), expires_at }).collect()
    }

    #[test]
    fn the_log_tells_each_once_and_forgets_what_has_expired() {
        let mut log = Log::default();
        let first = revoked(3, 10);
        let again = first.iter().map(|r| Revoked { sid: r.sid, expires_at: 10 }).collect();
        log.append(first);
        log.append(again);
        log.append(revoked(2, 20));
        assert_eq!(log.length(), 5);
        let (part, position) = log.after(2);
        assert_eq!((part.len(), position), (3, 5));
        log.forget_until(15);
        assert_eq!((log.length(), log.entries.len(), log.seen.len()), (5, 2, 2));
        let (part, position) = log.after(0);
        assert_eq!((part.len(), position), (2, 5));
        assert_eq!(log.after(5), (Vec::new(), 5));
    }

    #[tokio::test]
    async fn a_follower_gets_the_whole_list_in_parts_then_changes_and_is_let_go() {
        let revocations = Arc::new(Revocations::default());
        assert!(follow(revocations.clone()).is_none(), "nothing was read yet");
        let until = now() + 60;
        let read = |count| Reading { revoked: revoked(count, until), next: 1 };
        revocations.take(read(MAX_IN_LINE + 1), 0);
        let mut lines = Box::pin(follow(revocations.clone()).unwrap());
        let mut next = async || -> Option<(usize, bool)> {
            let line: Line = serde_json::from_slice(&lines.next().await?.unwrap()).unwrap();
            Some((line.revoked.len(), line.complete))
        };
        assert_eq!(next().await, Some((MAX_IN_LINE, false)));
        assert_eq!(next().await, Some((1, true)));
        assert_eq!(next().await, Some((0, true)), "a sign of life");
        revocations.take(read(2), 1);
        assert_eq!(next().await, Some((2, true)));
        drop(End(&revocations));
        assert_eq!(next().await, None);
    }

    #[tokio::test]
    async fn a_follower_of_an_empty_list_learns_at_once_that_it_is_empty() {
        let revocations = Arc::new(Revocations::default());
        revocations.take(Reading { revoked: Vec::new(), next: 1 }, 0);
        let mut lines = Box::pin(follow(revocations).unwrap());
        let line: Line = serde_json::from_slice(&lines.next().await.unwrap().unwrap()).unwrap();
        assert!(line.complete && line.revoked.is_empty());
    }

    #[test]
    fn a_database_whose_transactions_count_anew_is_read_from_the_beginning() {
        let revocations = Revocations::default();
        let read = |next| Reading { revoked: Vec::new(), next };
        assert_eq!(revocations.take(read(900), 0), 900);
        assert_eq!(revocations.take(read(40), 900), 0);
    }
}
