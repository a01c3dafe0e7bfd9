//! The marketplace service, tested from outside: the real app on a real Postgres, with a prompt
//! service of the test's own on a real socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod catalogue;
mod concurrency;
mod currencies;
mod deleted_sellers;
mod expected_amount;
mod health;
mod keys;
mod licensed_prompt;
mod licenses;
mod listing_keys;
mod listings;
mod prompt_copies;
mod prompt_service;
mod properties;
mod purchase;
mod refunds;
mod revenue;
mod settlement;
mod steps;
mod support;
mod transactions;
