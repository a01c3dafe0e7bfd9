//! SQL, a file per table.

pub mod copy_refresh;
pub mod licenses;
pub mod listings;
pub mod prompt_sync;
pub mod purchase_keys;
pub mod transactions;
