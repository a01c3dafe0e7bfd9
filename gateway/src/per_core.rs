//! What each core has of its own, so that no core waits for another.

use std::{
    cell::Cell,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

thread_local! {
    /// The number of this thread's core.
    static CORE: Cell<usize> = const { Cell::new(0) };
}

/// Says which core this thread serves. Threads that say nothing share what the first core has.
pub fn set_core(number: usize) {
    CORE.set(number);
}

/// A value for each core. Its lock is only contended by what looks at all cores.
pub struct PerCore<T>(Box<[Mutex<T>]>);

impl<T: Default> Default for PerCore<T> {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self((0..cores).map(|_| Mutex::default()).collect())
    }
}

impl<T> PerCore<T> {
    /// Returns the value of this thread's core.
    pub fn own(&self) -> MutexGuard<'_, T> {
        let own = &self.0[CORE.get() % self.0.len()];
        own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the values of all cores.
    pub fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.0.iter().map(|core| core.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
