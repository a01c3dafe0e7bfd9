//! Answers that are the same for everyone, kept for a moment.

use std::time::Duration;

use read_cache::ReadCache;

use crate::domain::{Interval, Metric};

/// The life of an answer: figures follow events by a second or so, and by this more.
const LIFETIME: Duration = Duration::from_millis(250);

/// The bytes of all answers of one kind.
const CAPACITY: u64 = 8 << 20;

#[derive(Clone)]
pub struct AnswerCache {
    pub stats: ReadCache<()>,
    /// The ranking that callers without an account see, of all categories, by days and limit.
    pub trending: ReadCache<(u16, u16)>,
    /// The series of the usual period, in UTC.
    pub timeseries: ReadCache<(Metric, Interval)>,
}

impl Default for AnswerCache {
    fn default() -> Self {
        Self {
            stats: ReadCache::of_answers(LIFETIME, CAPACITY),
            trending: ReadCache::of_answers(LIFETIME, CAPACITY),
            timeseries: ReadCache::of_answers(LIFETIME, CAPACITY),
        }
    }
}
