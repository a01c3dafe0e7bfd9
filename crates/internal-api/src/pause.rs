use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// A pause in asking a service that failed to answer, without which a hanging service would slow down
/// every answer that can do without it.
pub struct FailurePause {
    length: Duration,
    until: Mutex<Option<Instant>>,
}

impl FailurePause {
    pub fn new(length: Duration) -> Self {
        Self { length, until: Mutex::default() }
    }

    /// Returns whether the last failure is younger than the pause is long.
    pub fn is_on(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Begins the pause, after a failure.
    pub fn begin(&self) {
        let until = Instant::now() + self.length;
        *self.until.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(until);
    }
}
