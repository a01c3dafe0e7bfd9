//! `/api/marketplace/listings`.

mod browse;
mod create;
mod idempotency;
mod manage;
mod search;
mod search_index;
