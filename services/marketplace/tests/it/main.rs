//! Tests of the marketplace service from outside: the real app on a real Postgres, with a stand-in for
//! the prompt service on a real socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod concurrency;
mod currencies;
mod deleted_sellers;
mod expected_amount;
mod health;
mod licensed_prompt;
mod licenses;
mod listings;
mod openapi;
mod prompt_copies;
mod prompt_service;
mod prompt_sync;
mod properties;
mod purchase_idempotency;
mod purchases;
mod refunds;
mod revenue;
mod settlement;
mod support;
mod transactions;
