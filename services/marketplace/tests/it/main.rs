//! The marketplace service, tested from outside: the real app on a real Postgres, with a prompt
//! service of the test's own on a real socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod catalogue;
mod health;
mod licenses;
mod listings;
mod purchase;
mod revenue;
mod settlement;
mod support;
mod transactions;
