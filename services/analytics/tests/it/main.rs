//! The analytics service, tested from outside: the real app on a real Postgres and the Kafka
//! protocol.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod consumer;
mod dead_letter_calls;
mod dead_letters;
mod forwarding;
mod garbage;
mod health;
mod ingest;
mod live;
mod openapi;
mod pipeline;
mod prompt_service;
mod prompts;
mod stand_in;
mod stats;
mod support;
mod timeseries;
mod trending;
mod trending_titles;
mod upgrade;
mod user_service;
mod users;
