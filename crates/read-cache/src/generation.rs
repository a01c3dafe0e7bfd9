use std::sync::atomic::{AtomicU64, Ordering};

/// The generation of copies that have its number in their keys: those of earlier ones are asked for no more.
#[derive(Debug, Default)]
pub struct Generation(AtomicU64);

impl Generation {
    /// Returns the number of the generation, for the key of a read that begins now.
    pub fn number(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Begins the next generation, after a change was committed.
    pub fn begin_next(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
