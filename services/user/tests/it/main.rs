//! The user service, tested from outside: the real app on a real Postgres and the Kafka protocol.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod admin;
mod auth;
mod cookies;
mod deadlines;
mod deletion;
mod events;
mod first_admin;
mod follows;
mod health;
mod interleavings;
mod login_throttle;
mod me;
mod names;
mod openapi;
mod password;
mod revocations;
mod rotation;
mod search;
mod sessions;
mod shared_reads;
mod support;
mod suspended;
mod users;
