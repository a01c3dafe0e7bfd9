//! The attempts that are under way in this process: the text of their answers for listeners, and the means to
//! stop them.
//!
//! A listener reads from the one text that is kept of an answer, at its own pace: a slow listener makes
//! nothing grow.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use ids::TestId;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::repo::{queue::claimed_test::Claim, streams::StreamChunk};

/// The longest wait for a stopped attempt to store the part of its answer.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The attempts that are under way in this process, by test.
#[derive(Default)]
pub struct LiveAttempts {
    attempts: Mutex<HashMap<TestId, Arc<LiveAttempt>>>,
    started: Notify,
}

/// An attempt that is under way.
pub struct LiveAttempt {
    pub claim: Claim,
    started: Instant,
    answer: Mutex<ReceivedText>,
    /// The length of the text, in bytes; `finished` says that it grows no more.
    length: watch::Sender<usize>,
    stop: CancellationToken,
    finished: CancellationToken,
}

/// The text of an answer up to now.
#[derive(Default)]
struct ReceivedText {
    text: String,
    /// The end of the part that is stored for other instances.
    stored: TextOffset,
}

/// An offset into a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOffset {
    pub bytes: usize,
    /// Offset in Unicode code points.
    pub chars: i64,
}

impl TextOffset {
    fn after(self, text: &str) -> Self {
        let chars = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        Self { bytes: self.bytes + text.len(), chars: self.chars.saturating_add(chars) }
    }
}

impl LiveAttempts {
    /// Adds an attempt. An earlier one at the same test, whose lease was lost unnoticed, is stopped.
    pub fn start(&self, claim: Claim) -> Arc<LiveAttempt> {
        let attempt = Arc::new(LiveAttempt {
            claim,
            started: Instant::now(),
            answer: Mutex::default(),
            length: watch::Sender::new(0),
            stop: CancellationToken::new(),
            finished: CancellationToken::new(),
        });
        if let Some(earlier) = lock(&self.attempts).insert(claim.id, attempt.clone()) {
            earlier.stop.cancel();
            earlier.finished.cancel();
        }
        self.started.notify_waiters();
        attempt
    }

    /// Removes an attempt whose outcome is in the database.
    pub fn finish(&self, attempt: &LiveAttempt) {
        if let Entry::Occupied(known) = lock(&self.attempts).entry(attempt.claim.id)
            && known.get().claim == attempt.claim
        {
            known.remove();
        }
        attempt.finished.cancel();
    }

    pub fn get(&self, id: TestId) -> Option<Arc<LiveAttempt>> {
        lock(&self.attempts).get(&id).cloned()
    }

    /// Stops the attempt at this test, and returns it.
    fn stop(&self, id: TestId) -> Option<Arc<LiveAttempt>> {
        let attempt = self.get(id)?;
        attempt.stop.cancel();
        Some(attempt)
    }

    /// Stops the attempts at these tests, and waits until the parts of their answers are written.
    pub async fn stop_all(&self, tests: &[TestId]) {
        let attempts: Vec<_> = tests.iter().filter_map(|id| self.stop(*id)).collect();
        // The tests are cancelled whether or not that is written in time.
        let finished = join_all(attempts.iter().map(|attempt| attempt.finished()));
        let _ = timeout(STOP_TIMEOUT, finished).await;
    }

    /// Stops the attempt of this claim.
    pub fn stop_claim(&self, claim: Claim) {
        if let Some(attempt) = self.get(claim.id).filter(|attempt| attempt.claim == claim) {
            attempt.stop.cancel();
        }
    }

    pub fn claims(&self) -> Vec<Claim> {
        lock(&self.attempts).values().map(|attempt| attempt.claim).collect()
    }

    /// Waits until an attempt at this test is under way here.
    pub async fn wait_for_start(&self, id: TestId) {
        loop {
            // Before looking, so that no start is missed.
            let started = self.started.notified();
            if self.get(id).is_some() {
                return;
            }
            started.await;
        }
    }

    /// Returns the text that is not stored yet of attempts that take longer than `longer_than`.
    pub fn unstored(&self, longer_than: Duration) -> Vec<(Arc<LiveAttempt>, StreamChunk)> {
        let attempts: Vec<_> = lock(&self.attempts).values().cloned().collect();
        let old = attempts.into_iter().filter(|attempt| attempt.started.elapsed() >= longer_than);
        old.filter_map(|attempt| attempt.unstored().map(|chunk| (attempt, chunk))).collect()
    }
}

impl LiveAttempt {
    /// Appends a chunk of the answer.
    pub fn push_chunk(&self, chunk: &str) {
        if chunk.is_empty() {
            return;
        }
        let mut answer = lock(&self.answer);
        // As in the response: Postgres text cannot hold U+0000.
        match chunk.contains('\0') {
            true => answer.text.push_str(&chunk.replace('\0', "\u{fffd}")),
            false => answer.text.push_str(chunk),
        }
        let length = answer.text.len();
        drop(answer);
        self.length.send_replace(length);
    }

    /// Returns the text after this number of bytes.
    pub fn text_after(&self, bytes: usize) -> String {
        lock(&self.answer).text.get(bytes..).unwrap_or_default().to_owned()
    }

    /// Returns the offset after this number of characters, or the end if there are fewer.
    pub fn offset_of(&self, chars: i64) -> TextOffset {
        let answer = lock(&self.answer);
        let text: &str = &answer.text;
        let nth = usize::try_from(chars).ok().and_then(|n| text.char_indices().nth(n));
        match nth {
            Some((bytes, _)) => TextOffset { bytes, chars },
            None => TextOffset::default().after(text),
        }
    }

    /// Returns a receiver that changes with every chunk from now on.
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.length.subscribe()
    }

    /// Waits until the attempt is to stop where it stands.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Waits until the attempt is over and its outcome written.
    pub async fn finished(&self) {
        self.finished.cancelled().await;
    }

    fn unstored(&self) -> Option<StreamChunk> {
        let answer = lock(&self.answer);
        let text = answer.text.get(answer.stored.bytes..).filter(|text| !text.is_empty())?;
        let Claim { id, attempt } = self.claim;
        Some(StreamChunk { test: id, attempt, at: answer.stored.chars, text: text.to_owned() })
    }

    /// Marks this chunk as stored.
    pub fn set_stored(&self, chunk: &StreamChunk) {
        let mut answer = lock(&self.answer);
        answer.stored = answer.stored.after(&chunk.text);
    }

    /// Tells whether any of its text was stored.
    pub fn is_stored(&self) -> bool {
        lock(&self.answer).stored != TextOffset::default()
    }
}

/// Locks a mutex; nothing that panics half-way leaves these in a bad state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(attempt: i32) -> Claim {
        Claim { id: TestId::new(), attempt }
    }

    #[test]
    fn text_is_read_from_any_place_and_characters_are_not_cut() {
        let live = LiveAttempts::default();
        let attempt = live.start(claim(1));
        attempt.push_chunk("Привет");
        attempt.push_chunk(", \0мир");
        assert_eq!(attempt.text_after(0), "Привет, \u{fffd}мир");
        let offset = attempt.offset_of(8);
        assert_eq!((offset.bytes, offset.chars), (14, 8));
        assert_eq!(attempt.text_after(offset.bytes), "\u{fffd}мир");
        assert_eq!(attempt.offset_of(100).chars, 12);
    }

    #[test]
    fn only_what_is_new_is_stored_and_only_of_tests_that_take_long() {
        let live = LiveAttempts::default();
        let attempt = live.start(claim(1));
        attempt.push_chunk("один ");
        assert!(live.unstored(Duration::from_secs(60)).is_empty());
        let (_, first) = live.unstored(Duration::ZERO).remove(0);
        assert_eq!((first.at, first.text.as_str()), (0, "один "));
        // Not stored after all: the same again, and what came meanwhile.
        attempt.push_chunk("два");
        let (_, again) = live.unstored(Duration::ZERO).remove(0);
        assert_eq!((again.at, again.text.as_str()), (0, "один два"));
        attempt.set_stored(&again);
        assert!(live.unstored(Duration::ZERO).is_empty());
        attempt.push_chunk("!");
        assert_eq!(live.unstored(Duration::ZERO)[0].1.at, 8);
    }

    #[test]
    fn a_later_attempt_stops_the_earlier_and_outlives_its_end() {
        let live = LiveAttempts::default();
        let first = live.start(claim(1));
        let second = live.start(Claim { attempt: 2, ..first.claim });
        assert!(first.stop.is_cancelled() && first.finished.is_cancelled());
        live.finish(&first);
        assert_eq!(live.claims(), [second.claim]);
        live.stop_claim(first.claim);
        assert!(!second.stop.is_cancelled());
        live.stop(second.claim.id);
        assert!(second.stop.is_cancelled());
        live.finish(&second);
        assert!(live.claims().is_empty());
    }
}
