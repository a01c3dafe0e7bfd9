//! The prompt service, tested from outside: the real app on a real Postgres, the MongoDB protocol
//! and the Kafka protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod bounds;
mod catalog;
mod comments;
mod contention;
mod deleted_users;
mod diff;
mod edits;
mod events;
mod forks;
mod internal;
mod keys;
mod labels;
mod likes;
mod lists;
mod placeholders;
mod premium;
mod premium_calls;
mod prompts;
mod published;
mod ratings;
mod render;
mod search;
mod support;
mod sweep;
mod texts;
mod versions;
mod views;
mod worst;
