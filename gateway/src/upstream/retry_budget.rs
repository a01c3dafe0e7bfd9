//! How many requests may be sent a second time: a tenth of all, and a few each second, so that a service
//! in trouble does not get more to do because of it.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use tokio::time::Instant;

/// The requests that pay for one repetition.
const REQUESTS_PER_RETRY: u32 = 10;

/// The most that can be saved up, in requests.
const MAX_SAVED: u32 = 100 * REQUESTS_PER_RETRY;

/// The repetitions a second that are free, and the most of them at once.
const FREE_PER_SECOND: f64 = 3.0;
const MAX_FREE: f64 = 10.0;

/// The budget of one service.
pub struct RetryBudget {
    /// The number of requests not used up by a repetition yet.
    saved: AtomicU32,
    free: Mutex<(f64, Instant)>,
}

impl RetryBudget {
    pub fn new() -> Self {
        Self { saved: AtomicU32::new(0), free: Mutex::new((MAX_FREE, Instant::now())) }
    }

    /// Counts a request.
    pub fn deposit(&self) {
        if self.saved.load(Ordering::Relaxed) < MAX_SAVED {
            self.saved.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes one repetition; returns whether there was one left.
    pub fn withdraw(&self) -> bool {
        let pay = |saved: u32| saved.checked_sub(REQUESTS_PER_RETRY);
        if self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok() {
            return true;
        }
        let mut guard = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = &mut *guard;
        let now = Instant::now();
        let gained = now.saturating_duration_since(*since).as_secs_f64() * FREE_PER_SECOND;
        *left = (*left + gained).min(MAX_FREE);
        *since = now;
        let is_left = *left >= 1.0;
        if is_left {
            *left -= 1.0;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_tenth_of_the_requests_may_be_repeated_and_a_few_each_second() {
        let budget = RetryBudget::new();
        let withdrawn = || (0..1000).filter(|_| budget.withdraw()).count();
        assert_eq!(withdrawn(), 10);
        for _ in 0..500 {
            budget.deposit();
        }
        assert_eq!(withdrawn(), 50);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(withdrawn(), 6);
        for _ in 0..100_000 {
            budget.deposit();
        }
        assert_eq!(withdrawn(), 100);
    }
}
