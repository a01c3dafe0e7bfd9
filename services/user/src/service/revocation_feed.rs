//! The access tokens that must not be accepted any more, for the gateways that follow the feed.
//!
//! Every instance reads the table, whichever instance wrote to it, and keeps the rows in memory:
//! followers ask no database. The job `feed_revocations` reads it.

use std::{
    collections::{HashSet, VecDeque},
    fmt::Display,
    sync::{Arc, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use ids::SessionId;
use internal_api::user::revocations::{HEARTBEAT, Line, MAX_IN_LINE};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use crate::repo::revocations::{Reading, Revoked};

/// The revocations that this instance has read.
pub struct RevocationFeed {
    log: RwLock<Log>,
    /// The number of entries that were ever put into the log; `None` while the table cannot be read.
    length: watch::Sender<Option<u64>>,
    /// Notified after a commit that may have revoked something.
    wake: Notify,
}

/// Revoked `sid`s in the order in which they were read, those that expire first in front.
#[derive(Default)]
struct Log {
    entries: VecDeque<(SessionId, i64)>,
    /// The `sid`s in `entries`: one may be read several times.
    sids: HashSet<SessionId>,
    /// The number of entries that were removed from the front.
    removed: u64,
}

impl Log {
    fn length(&self) -> u64 {
        self.removed + self.entries.len() as u64
    }

    fn append(&mut self, revoked: Vec<Revoked>) {
        for Revoked { sid, expires_at } in revoked {
            if self.sids.insert(sid) {
                self.entries.push_back((sid, expires_at));
            }
        }
    }

    fn remove_expired(&mut self, now: i64) {
        while let Some((sid, _)) = self.entries.front().filter(|(_, expires_at)| *expires_at < now)
        {
            self.sids.remove(sid);
            self.entries.pop_front();
            self.removed += 1;
        }
    }

    /// Returns the entries after `position`, counted over all that were ever in the log, and the
    /// position after them.
    fn after(&self, position: u64) -> (Vec<(SessionId, i64)>, u64) {
        let begin = position.saturating_sub(self.removed) as usize;
        let part: Vec<_> = self.entries.iter().skip(begin).take(MAX_IN_LINE).copied().collect();
        let end = self.removed + (begin + part.len()) as u64;
        (part, end)
    }
}

impl Default for RevocationFeed {
    fn default() -> Self {
        Self { log: RwLock::default(), length: watch::Sender::new(None), wake: Notify::new() }
    }
}

impl RevocationFeed {
    /// Makes the job read the table at once, after a commit that may have revoked something.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for [`RevocationFeed::wake`].
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Appends the rows of a reading that began at `from`, and returns where the next one begins.
    pub fn append(&self, reading: Reading, from: i64) -> i64 {
        let length = {
            let mut log = self.log.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            log.append(reading.revoked);
            log.remove_expired(now());
            log.length()
        };
        self.length.send_if_modified(|known| known.replace(length) != Some(length));
        // A restored database counts its transactions from the beginning: all rows are read again.
        if reading.next < from { 0 } else { reading.next }
    }

    /// Ends the followers' streams until the table can be read again.
    pub fn mark_unreadable(&self, error: &dyn Display) {
        if self.length.send_if_modified(|known| known.take().is_some()) {
            tracing::warn!(
                "revoked sessions cannot be read, and gateways have to ask another instance: {error}"
            );
        }
    }

    /// Ends the followers' streams, when nobody reads the table any more.
    pub fn close(&self) {
        self.length.send_replace(None);
    }
}

/// Returns lines of JSON for one follower: all revocations, then new ones, and an empty line as a
/// heartbeat. The stream ends when the table cannot be read any more; `None` when it cannot be read
/// now.
pub fn follow(
    feed: Arc<RevocationFeed>,
) -> Option<impl Stream<Item = Result<Bytes, serde_json::Error>> + use<>> {
    let length = feed.length.subscribe();
    (*length.borrow())?;
    let follower = Follower { feed, length, position: 0, is_new: true };
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
    feed: Arc<RevocationFeed>,
    length: watch::Receiver<Option<u64>>,
    /// The position in the log after the entries that were sent.
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
        let log = self.feed.log.read().unwrap_or_else(|poisoned| poisoned.into_inner());
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
        log.remove_expired(15);
        assert_eq!((log.length(), log.entries.len(), log.sids.len()), (5, 2, 2));
        let (part, position) = log.after(0);
        assert_eq!((part.len(), position), (2, 5));
        assert_eq!(log.after(5), (Vec::new(), 5));
    }

    #[tokio::test]
    async fn a_follower_gets_the_whole_list_in_parts_then_changes_and_is_let_go() {
        let feed = Arc::new(RevocationFeed::default());
        assert!(follow(feed.clone()).is_none(), "nothing was read yet");
        let until = now() + 60;
        let read = |count| Reading { revoked: revoked(count, until), next: 1 };
        feed.append(read(MAX_IN_LINE + 1), 0);
        let mut lines = Box::pin(follow(feed.clone()).unwrap());
        let mut next = async || -> Option<(usize, bool)> {
            let line: Line = serde_json::from_slice(&lines.next().await?.unwrap()).unwrap();
            Some((line.revoked.len(), line.complete))
        };
        assert_eq!(next().await, Some((MAX_IN_LINE, false)));
        assert_eq!(next().await, Some((1, true)));
        assert_eq!(next().await, Some((0, true)), "a heartbeat");
        feed.append(read(2), 1);
        assert_eq!(next().await, Some((2, true)));
        feed.close();
        assert_eq!(next().await, None);
    }

    #[tokio::test]
    async fn a_follower_of_an_empty_list_learns_at_once_that_it_is_empty() {
        let feed = Arc::new(RevocationFeed::default());
        feed.append(Reading { revoked: Vec::new(), next: 1 }, 0);
        let mut lines = Box::pin(follow(feed).unwrap());
        let line: Line = serde_json::from_slice(&lines.next().await.unwrap().unwrap()).unwrap();
        assert!(line.complete && line.revoked.is_empty());
    }

    #[test]
    fn a_database_whose_transactions_count_anew_is_read_from_the_beginning() {
        let feed = RevocationFeed::default();
        let read = |next| Reading { revoked: Vec::new(), next };
        assert_eq!(feed.append(read(900), 0), 900);
        assert_eq!(feed.append(read(40), 900), 0);
    }
}
