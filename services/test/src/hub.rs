//! The tests that run in this process: what has come of their answers, for whoever listens, and how
//! to stop them.
//!
//! A listener reads from the one text that is kept of an answer, at its own pace: however slow it is, it
//! makes nothing grow.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ids::{TestId, UserId};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::repo::{queue::Claim, streams::Piece};

#[derive(Default)]
pub struct Hub {
    runs: Mutex<HashMap<TestId, Arc<Run>>>,
    began: Notify,
    listeners: Mutex<HashMap<UserId, usize>>,
}

/// One attempt that is under way.
pub struct Run {
    pub claim: Claim,
    began: Instant,
    heard: Mutex<Heard>,
    /// Changes when there is more text; closed, in effect, by `over`.
    news: watch::Sender<usize>,
    stop: CancellationToken,
    over: CancellationToken,
}

#[derive(Default)]
struct Heard {
    text: String,
    /// How far it was stored for other instances: bytes, and characters.
    stored: Place,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub bytes: usize,
    pub chars: i64,
}

impl Place {
    fn after(self, text: &str) -> Self {
        let chars = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        Self { bytes: self.bytes + text.len(), chars: self.chars.saturating_add(chars) }
    }
}

impl Hub {
    /// An attempt begins. An earlier one of the same test, whose lease was lost unnoticed, is stopped.
    pub fn begin(&self, claim: Claim) -> Arc<Run> {
        let run = Arc::new(Run {
            claim,
            began: Instant::now(),
            heard: Mutex::default(),
            news: watch::Sender::new(0),
            stop: CancellationToken::new(),
            over: CancellationToken::new(),
        });
        if let Some(earlier) = lock(&self.runs).insert(claim.id, run.clone()) {
            earlier.stop.cancel();
            earlier.over.cancel();
        }
        self.began.notify_waiters();
        run
    }

    /// An attempt is over, and what became of it is in the database.
    pub fn end(&self, run: &Run) {
        if let Entry::Occupied(known) = lock(&self.runs).entry(run.claim.id)
            && known.get().claim == run.claim
        {
            known.remove();
        }
        run.over.cancel();
    }

    pub fn get(&self, id: TestId) -> Option<Arc<Run>> {
        lock(&self.runs).get(&id).cloned()
    }

    /// Stops the attempt at this test that is under way here, and returns it.
    pub fn stop(&self, id: TestId) -> Option<Arc<Run>> {
        let run = self.get(id)?;
        run.stop.cancel();
        Some(run)
    }

    /// Makes this one attempt stop.
    pub fn stop_claim(&self, claim: Claim) {
        if let Some(run) = self.get(claim.id).filter(|run| run.claim == claim) {
            run.stop.cancel();
        }
    }

    pub fn claims(&self) -> Vec<Claim> {
        lock(&self.runs).values().map(|run| run.claim).collect()
    }

    /// Resolves when an attempt at this test is under way here.
    pub async fn begins(&self, id: TestId) {
        loop {
            // Before looking, so that no beginning is missed.
            let began = self.began.notified();
            if self.get(id).is_some() {
                return;
            }
            began.await;
        }
    }

    /// What is not stored yet of answers that have been under way for so long.
    pub fn unstored(&self, longer_than: Duration) -> Vec<(Arc<Run>, Piece)> {
        let runs: Vec<_> = lock(&self.runs).values().cloned().collect();
        let old = runs.into_iter().filter(|run| run.began.elapsed() >= longer_than);
        old.filter_map(|run| run.unstored().map(|piece| (run, piece))).collect()
    }

    /// A seat for one more listener of this person's, unless they have `most` already.
    pub fn seat(self: &Arc<Self>, user: UserId, most: usize) -> Option<Seat> {
        let mut listeners = lock(&self.listeners);
        let count = listeners.entry(user).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { hub: self.clone(), user })
    }
}

impl Run {
    /// Takes a piece of the answer.
    pub fn hear(&self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let mut heard = lock(&self.heard);
        // As in the response: Postgres text cannot hold U+0000.
        match piece.contains('\0') {
            true => heard.text.push_str(&piece.replace('\0', "\u{fffd}")),
            false => heard.text.push_str(piece),
        }
        let length = heard.text.len();
        drop(heard);
        self.news.send_replace(length);
    }

    /// What comes after so many bytes.
    pub fn text_after(&self, bytes: usize) -> String {
        lock(&self.heard).text.get(bytes..).unwrap_or_default().to_owned()
    }

    /// The place after so many characters, or the end if there are not so many.
    pub fn place_of(&self, chars: i64) -> Place {
        let heard = lock(&self.heard);
        let text: &str = &heard.text;
        let nth = usize::try_from(chars).ok().and_then(|n| text.char_indices().nth(n));
        match nth {
            Some((bytes, _)) => Place { bytes, chars },
            None => Place::default().after(text),
        }
    }

    /// Told of each piece that comes from now on.
    pub fn news(&self) -> watch::Receiver<usize> {
        self.news.subscribe()
    }

    /// Resolves when the attempt is to stop where it stands.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Resolves when it is over and written down.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    fn unstored(&self) -> Option<Piece> {
        let heard = lock(&self.heard);
        let text = heard.text.get(heard.stored.bytes..).filter(|text| !text.is_empty())?;
        let Claim { id, attempt } = self.claim;
        Some(Piece { test: id, attempt, at: heard.stored.chars, text: text.to_owned() })
    }

    /// This piece is stored.
    pub fn set_stored(&self, piece: &Piece) {
        let mut heard = lock(&self.heard);
        heard.stored = heard.stored.after(&piece.text);
    }

    /// Whether any of its text was.
    pub fn is_stored(&self) -> bool {
        lock(&self.heard).stored != Place::default()
    }
}

/// One open stream of someone's; given up when dropped.
pub struct Seat {
    hub: Arc<Hub>,
    user: UserId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = lock(&self.hub.listeners).entry(self.user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Nothing that panics half-way leaves these in a state worse than before.
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
        let hub = Hub::default();
        let run = hub.begin(claim(1));
        run.hear("Привет");
        run.hear(", \0мир");
        assert_eq!(run.text_after(0), "Привет, \u{fffd}мир");
        let place = run.place_of(8);
        assert_eq!((place.bytes, place.chars), (14, 8));
        assert_eq!(run.text_after(place.bytes), "\u{fffd}мир");
        assert_eq!(run.place_of(100).chars, 12);
    }

    #[test]
    fn only_what_is_new_is_stored_and_only_of_tests_that_take_long() {
        let hub = Hub::default();
        let run = hub.begin(claim(1));
        run.hear("один ");
        assert!(hub.unstored(Duration::from_secs(60)).is_empty());
        let (_, first) = hub.unstored(Duration::ZERO).remove(0);
        assert_eq!((first.at, first.text.as_str()), (0, "один "));
        // Not stored after all: the same again, and what came meanwhile.
        run.hear("два");
        let (_, again) = hub.unstored(Duration::ZERO).remove(0);
        assert_eq!((again.at, again.text.as_str()), (0, "один два"));
        run.set_stored(&again);
        assert!(hub.unstored(Duration::ZERO).is_empty());
        run.hear("!");
        assert_eq!(hub.unstored(Duration::ZERO)[0].1.at, 8);
    }

    #[test]
    fn a_later_attempt_stops_the_earlier_and_outlives_its_end() {
        let hub = Hub::default();
        let first = hub.begin(claim(1));
        let second = hub.begin(Claim { attempt: 2, ..first.claim });
        assert!(first.stop.is_cancelled() && first.over.is_cancelled());
        hub.end(&first);
        assert_eq!(hub.claims(), [second.claim]);
        hub.stop_claim(first.claim);
        assert!(!second.stop.is_cancelled());
        hub.stop(second.claim.id);
        assert!(second.stop.is_cancelled());
        hub.end(&second);
        assert!(hub.claims().is_empty());
    }

    #[test]
    fn seats_are_counted_by_person_and_given_back() {
        let hub = Arc::new(Hub::default());
        let (ada, eve) = (UserId::new(), UserId::new());
        let first = hub.seat(ada, 1);
        assert!(first.is_some());
        assert!(hub.seat(ada, 1).is_none());
        assert!(hub.seat(eve, 1).is_some());
        drop(first);
        assert!(hub.seat(ada, 1).is_some());
        assert!(lock(&hub.listeners).is_empty());
    }
}
