//! SQL, a file per table.

pub mod licenses;
pub mod listings;
pub mod prompt_sync;
pub mod purchase_keys;
pub mod rating_walk;
pub mod transactions;
