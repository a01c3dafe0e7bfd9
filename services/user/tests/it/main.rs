//! The user service, tested from outside: the real app on a real Postgres and the Kafka protocol.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod auth;
mod events;
mod health;
mod support;
mod users;
