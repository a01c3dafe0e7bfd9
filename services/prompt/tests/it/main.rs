//! The prompt service, tested from outside: the real app on a real Postgres, the MongoDB protocol
//! and the Kafka protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod comments;
mod events;
mod internal;
mod likes;
mod lists;
mod prompts;
mod ratings;
mod support;
mod versions;
