//! What is left of a quota.

use std::{cmp::Reverse, time::Duration};

/// What a quota has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub remaining: u32,
    /// The time until the quota is whole again.
    pub full_in: Duration,
}

impl Usage {
    /// Returns the one of two that leaves less.
    pub fn tighter(self, other: Self) -> Self {
        let key = |usage: &Self| (usage.remaining, Reverse(usage.full_in));
        if key(&other) < key(&self) { other } else { self }
    }
}

/// A quota that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    pub full_in: Duration,
    /// The time until one more request is taken.
    pub retry_after: Duration,
}

/// Returns a time in whole seconds, rounded up.
pub fn whole_seconds(time: Duration) -> u64 {
    time.as_nanos().div_ceil(1_000_000_000) as u64
}
