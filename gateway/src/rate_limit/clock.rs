//! The clock of the limits.

use std::time::Instant;

use governor::{
    clock::{Clock, FakeRelativeClock},
    nanos::Nanos,
};

/// A clock of the limits.
#[derive(Clone, Debug)]
pub enum LimitClock {
    /// The time since the start of the process.
    Monotonic(Instant),
    /// A clock that stands still until a test moves it.
    Manual(FakeRelativeClock),
}

impl Default for LimitClock {
    fn default() -> Self {
        Self::Monotonic(Instant::now())
    }
}

impl Clock for LimitClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        match self {
            Self::Monotonic(start) => start.elapsed().into(),
            Self::Manual(clock) => clock.now(),
        }
    }
}
