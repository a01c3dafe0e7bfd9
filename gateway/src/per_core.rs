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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_core_has_a_value_of_its_own_and_all_of_them_can_be_looked_at() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let values = PerCore::<Vec<usize>>::default();
        thread::scope(|scope| {
            for core in 0..cores {
                let values = &values;
                scope.spawn(move || {
                    set_core(core);
                    values.own().push(core);
                    values.own().push(core);
                });
            }
        });
        let all: Vec<Vec<usize>> = values.all().map(|value| value.clone()).collect();
        assert_eq!(all, (0..cores).map(|core| vec![core; 2]).collect::<Vec<_>>());
    }

    #[test]
    fn threads_that_serve_no_core_share_what_the_first_has() {
        let values = PerCore::<u32>::default();
        thread::scope(|scope| {
            scope.spawn(|| *values.own() += 1);
            scope.spawn(|| *values.own() += 1);
        });
        set_core(0);
        assert_eq!(*values.own(), 2);
    }

    #[test]
    fn a_number_beyond_the_cores_is_one_of_them() {
        let values = PerCore::<u32>::default();
        let cores = values.all().count();
        thread::scope(|scope| {
            scope.spawn(|| {
                set_core(3 * cores);
                *values.own() = 7;
            });
        });
        assert_eq!(*values.own(), 7);
    }

    #[test]
    fn what_panicked_leaves_its_core_usable() {
        let values = PerCore::<u32>::default();
        thread::scope(|scope| {
            let panicking = scope.spawn(|| {
                let _value = values.own();
                panic!("while a value is locked");
            });
            assert!(panicking.join().is_err());
        });
        *values.own() = 1;
        assert_eq!(values.all().map(|value| *value).sum::<u32>(), 1);
    }
}
