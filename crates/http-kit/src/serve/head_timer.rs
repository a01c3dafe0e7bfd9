//! hyper's timer of request heads: one for a connection, in place of one that is set up and taken down for each
//! head.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use tokio::time;

/// The timer of one connection. It stays set from one head to the next: to find once in a while that it went off
/// too early costs less than to set it each time.
#[derive(Clone, Default)]
pub struct HeadTimer {
    set: Arc<Mutex<Option<Pin<Box<time::Sleep>>>>>,
}

/// The wait for the deadline of one head.
struct HeadSleep {
    timer: HeadTimer,
    deadline: time::Instant,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HeadSleep { timer: self.clone(), deadline: deadline.into() })
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
        *sleep = self.sleep_until(deadline);
    }

    fn now(&self) -> Instant {
        // tokio's, which tests can move.
        time::Instant::now().into()
    }
}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let mut set = self.timer.set.lock().unwrap_or_else(PoisonError::into_inner);
        let timer = set.get_or_insert_with(|| Box::pin(time::sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        loop {
            ready!(timer.as_mut().poll(context));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            // It was set for an earlier head.
            timer.as_mut().reset(deadline);
        }
    }
}

impl Sleep for HeadSleep {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Waits for a deadline; returns how long that took.
    async fn wait(sleep: Pin<Box<dyn Sleep>>) -> Duration {
        let started = time::Instant::now();
        sleep.await;
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_its_own_deadline_although_the_timer_stays_set() {
        let timer = HeadTimer::default();
        let first = timer.sleep(3 * SECOND);
        assert!(time::timeout(SECOND, wait(first)).await.is_err(), "the head came in time");
        // One that is set for earlier than this is set on, and one that is set for later is set back.
        assert_eq!(wait(timer.sleep(5 * SECOND)).await, 5 * SECOND);
        assert!(time::timeout(SECOND, wait(timer.sleep(9 * SECOND))).await.is_err());
        assert_eq!(wait(timer.sleep(2 * SECOND)).await, 2 * SECOND);
        assert_eq!(wait(timer.sleep(SECOND)).await, SECOND, "after one that went off");
        let mut reset = timer.sleep(9 * SECOND);
        timer.reset(&mut reset, timer.now() + 4 * SECOND);
        assert_eq!(wait(reset).await, 4 * SECOND);
    }
}
