//! The memory of the rate limits: a fixed number of cells, whatever the number of clients.
//!
//! A cell holds the time at which a bucket will be full again (the *theoretical arrival time* of GCRA). Cells
//! are in sets of a few, and a key may be in one set only. A key without a cell takes the one that will
//! be full first, and most of the time that one is full already: nothing is forgotten with it. So a flood
//! of addresses, each with a few requests, pushes out itself and not the bucket of a limited one.

use std::sync::{Arc, Mutex, MutexGuard};

use governor::{nanos::Nanos, state::StateStore};

/// The cells of a set: about as many as one look at memory brings.
const WAYS: usize = 8;

/// The sets of a gateway: 131,072 cells of 16 bytes, some 2 MB in all.
const SETS: usize = 1 << 14;

#[derive(Clone, Copy, Default)]
struct Cell {
    /// The whole hash of the key; 0 in a free cell.
    key: u64,
    /// The time at which the bucket is full, in nanoseconds; 0 in a free cell.
    full_at: u64,
}

/// Buckets by the hash of their keys. Clones share them.
#[derive(Clone)]
pub struct Cells {
    sets: Arc<[Mutex<[Cell; WAYS]>]>,
}

impl Default for Cells {
    fn default() -> Self {
        Self::with_sets(SETS)
    }
}

impl Cells {
    fn with_sets(sets: usize) -> Self {
        Self { sets: (0..sets).map(|_| Mutex::default()).collect() }
    }

    /// Returns the time at which a bucket is full.
    pub fn full_at(&self, key: u64) -> Option<Nanos> {
        let set = self.set_of(key);
        set.iter().find(|cell| cell.key == key).map(|cell| cell.full_at.into())
    }

    /// Puts back what one request took.
    pub fn give_back(&self, key: u64, interval: Nanos) {
        let mut set = self.set_of(key);
        if let Some(cell) = set.iter_mut().find(|cell| cell.key == key) {
            cell.full_at = cell.full_at.saturating_sub(interval.as_u64());
        }
    }

    fn set_of(&self, key: u64) -> MutexGuard<'_, [Cell; WAYS]> {
        let set = &self.sets[key as usize % self.sets.len()];
        // Nothing panics while a set is locked.
        set.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl StateStore for Cells {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut set = self.set_of(*key);
        let known = set.iter().position(|cell| cell.key == *key);
        let (outcome, full_at) = f(known.map(|known| set[known].full_at.into()))?;
        let first_full = || set.iter().enumerate().min_by_key(|(_, cell)| cell.full_at);
        let place = known.or_else(|| first_full().map(|(place, _)| place)).unwrap_or_default();
        set[place] = Cell { key: *key, full_at: full_at.as_u64() };
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        hash::{BuildHasher, RandomState},
        time::Duration,
    };

    use governor::{Quota, RateLimiter, clock::FakeRelativeClock, middleware::NoOpMiddleware};

    use super::*;

    type Limiter = RateLimiter<u64, Cells, FakeRelativeClock, NoOpMiddleware<Nanos>>;

    /// Returns a limiter of ten a minute, with its clock.
    fn ten_a_minute(cells: &Cells) -> (Limiter, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let quota = Quota::per_minute(10.try_into().unwrap());
        (RateLimiter::new(quota, cells.clone(), clock.clone()), clock)
    }

    #[test]
    fn a_million_addresses_take_no_more_memory_than_one() {
        let cells = Cells::default();
        let (limiter, clock) = ten_a_minute(&cells);
        let hasher = RandomState::new();
        let size = size_of_val(&*cells.sets);
        assert!(size < 3 << 20, "{size} bytes");
        for address in 0..1_000_000_u32 {
            // Strangers are never refused, and the table does not grow.
            assert!(limiter.check_key(&hasher.hash_one(address)).is_ok(), "{address}");
            clock.advance(Duration::from_micros(60));
        }
        assert_eq!(size_of_val(&*cells.sets), size);
    }

    #[test]
    fn a_flood_of_addresses_frees_no_limited_one_and_blocks_no_stranger() {
        let cells = Cells::with_sets(64);
        let (limiter, clock) = ten_a_minute(&cells);
        let hasher = RandomState::new();
        let limited: Vec<u64> = (0..16).map(|i| hasher.hash_one(("limited", i))).collect();
        for key in &limited {
            while limiter.check_key(key).is_ok() {}
        }
        // 200 addresses for each cell, all within five seconds, each with two requests.
        for address in 0..100_000_u32 {
            let key = hasher.hash_one(("flood", address));
            assert!(limiter.check_key(&key).is_ok());
            let _ = limiter.check_key(&key);
            clock.advance(Duration::from_micros(50));
        }
        let still = limited.iter().filter(|key| limiter.check_key(key).is_err()).count();
        assert_eq!(still, limited.len());
        assert!(limiter.check_key(&hasher.hash_one("a stranger")).is_ok());
    }

    #[test]
    fn what_is_given_back_can_be_used_again() {
        let cells = Cells::with_sets(1);
        let (limiter, _clock) = ten_a_minute(&cells);
        while limiter.check_key(&7).is_ok() {}
        cells.give_back(7, Duration::from_secs(6).into());
        assert!(limiter.check_key(&7).is_ok());
        assert!(limiter.check_key(&7).is_err());
        // Of a key that nobody counted, nothing can be given back.
        cells.give_back(8, Duration::from_secs(6).into());
        assert_eq!(cells.full_at(8), None);
    }
}
