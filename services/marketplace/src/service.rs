//! Use cases; each owns its transaction.

mod access;
pub mod answer_cache;
mod batch;
pub mod licensed_prompt;
pub mod licenses;
pub mod listings;
pub mod prompt_copies;
pub mod prompt_sync;
pub mod purchase_idempotency;
pub mod purchases;
pub mod refunds;
pub mod revenue;
pub mod search_index;
pub mod settlement;
pub mod transactions;
