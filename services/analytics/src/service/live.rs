//! The stats as they change, for everyone who listens: one poller in the process asks the database and
//! writes one frame, which all listeners send. It asks only while someone listens.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Bytes;
use futures_util::{Stream, stream::unfold};
use sqlx::PgPool;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{domain::Stats, error::ServiceError, repo::activity_counts};

/// The time between two frames, at least.
const BETWEEN_FRAMES: Duration = Duration::from_secs(1);

/// The time between two questions, once a frame may be sent.
const BETWEEN_POLLS: Duration = Duration::from_millis(250);

/// The time between comments, by which a proxy sees that the stream lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// The longest that a listener waits for its first frame.
const FIRST_FRAME: Duration = Duration::from_secs(5);

/// The state of the stats, as listeners are sent it.
#[derive(Clone, PartialEq, Eq)]
enum State {
    /// Nobody has asked for a while.
    Unknown,
    Known(Bytes),
    /// The database could not be asked.
    Unavailable,
    /// The process ends.
    Ended,
}

/// The one poller's part that all listeners share.
pub struct LiveStats {
    state: watch::Sender<State>,
    /// Notified when someone begins to listen.
    wanted: Notify,
    permits: Arc<Semaphore>,
    encode: fn(&Stats) -> Bytes,
}

/// One who listens; dropping it lets them go.
struct Listener {
    state: watch::Receiver<State>,
    sent: Option<Bytes>,
    comments: Interval,
    _permit: CountedPermit,
}

impl LiveStats {
    /// Makes the shared part for `most` listeners at once; `encode` writes a frame.
    pub fn new(most: usize, encode: fn(&Stats) -> Bytes) -> Self {
        Self {
            state: watch::Sender::new(State::Unknown),
            wanted: Notify::new(),
            permits: Arc::new(Semaphore::new(most)),
            encode,
        }
    }

    /// Returns the frames from now on, the present one first, with comments between them. They end with
    /// the process.
    ///
    /// # Errors
    /// When there are too many listeners, or the database cannot be asked.
    pub async fn listen(
        &self,
    ) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + use<>, ServiceError> {
        let permit = CountedPermit::acquire(&self.permits)?;
        let mut state = self.state.subscribe();
        self.wanted.notify_one();
        let first = timeout(FIRST_FRAME, state.wait_for(|state| *state != State::Unknown)).await;
        if !matches!(first.as_ref().map(Result::as_deref), Ok(Ok(State::Known(_)))) {
            return Err(ServiceError::StatsUnavailable);
        }
        drop(first);
        state.mark_changed();
        let mut comments = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        comments.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let listener = Listener { state, sent: None, comments, _permit: permit };
        Ok(unfold(listener, async |mut listener| {
            listener.next().await.map(|frame| (Ok(frame), listener))
        }))
    }

    /// Asks the database while someone listens, until `stop`.
    pub async fn poll(&self, pool: &PgPool, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if self.state.receiver_count() == 0 {
                // What is known grows old now: the next listener waits for the next answer.
                self.state.send_replace(State::Unknown);
                tokio::select! {
                    () = self.wanted.notified() => {}
                    () = stop.cancelled() => {}
                }
            } else {
                let pause = self.ask(pool).await;
                tokio::select! {
                    () = sleep(pause) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
        self.state.send_replace(State::Ended);
    }

    /// Asks once, and returns the pause before the next question.
    async fn ask(&self, pool: &PgPool) -> Duration {
        let now = match activity_counts::stats(pool).await {
            Ok(stats) => State::Known((self.encode)(&stats)),
            Err(error) => {
                tracing::warn!("live stats stand still: {error}");
                State::Unavailable
            }
        };
        let changed = self.state.send_if_modified(|state| {
            let changed = *state != now;
            *state = now;
            changed
        });
        if changed { BETWEEN_FRAMES } else { BETWEEN_POLLS }
    }
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                biased;
                changed = self.state.changed() => changed.ok()?,
                _ = self.comments.tick() => return Some(COMMENT),
            }
            let state = self.state.borrow_and_update().clone();
            match state {
                // After an outage the stats may be what they were.
                State::Known(frame) if self.sent.as_ref() != Some(&frame) => {
                    self.sent = Some(frame.clone());
                    return Some(frame);
                }
                State::Ended => return None,
                State::Known(_) | State::Unavailable | State::Unknown => {}
            }
        }
    }
}

/// A permit to listen, counted in `live_listeners`.
struct CountedPermit {
    _permit: OwnedSemaphorePermit,
}

impl CountedPermit {
    fn acquire(permits: &Arc<Semaphore>) -> Result<Self, ServiceError> {
        let permit =
            permits.clone().try_acquire_owned().map_err(|_| ServiceError::TooManyListeners)?;
        metrics::gauge!("live_listeners").increment(1);
        Ok(Self { _permit: permit })
    }
}

impl Drop for CountedPermit {
    fn drop(&mut self) {
        metrics::gauge!("live_listeners").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_comment_comes_whenever_fifteen_seconds_passed_and_a_change_at_once() {
        let live = LiveStats::new(1, |_| Bytes::new());
        live.state.send_replace(State::Known("first".into()));
        let began = Instant::now();
        let frames = live.listen().await.unwrap();
        let mut frames = pin!(frames);
        let mut next = async || (frames.next().await.unwrap().unwrap(), began.elapsed().as_secs());
        assert_eq!(next().await, ("first".into(), 0));
        // Time jumps to the next deadline whenever all wait.
        assert_eq!(next().await, (COMMENT, 15));
        assert_eq!(next().await, (COMMENT, 30));
        live.state.send_replace(State::Known("second".into()));
        assert_eq!(next().await, ("second".into(), 30));
        assert_eq!(next().await, (COMMENT, 45));
    }
}
