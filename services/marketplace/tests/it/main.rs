//! The marketplace service, tested from outside: the real app on a real Postgres, with a prompt
//! service of the test's own on a real socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod catalogue;
mod concurrency;
mod deleted_sellers;
mod health;
mod keys;
mod licensed_prompt;
mod licenses;
mod listings;
mod prompt_service;
mod properties;
mod purchase;
mod ratings;
mod refunds;
mod revenue;
mod settlement;
mod steps;
mod support;
mod transactions;
