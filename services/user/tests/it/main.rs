//! The user service, tested from outside: the real app on a real Postgres and the Kafka protocol.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod admin;
mod auth;
mod deletion;
mod events;
mod first_admin;
mod health;
mod password;
mod profile;
mod rotation;
mod search;
mod sessions;
mod social;
mod support;
mod throttling;
mod users;
