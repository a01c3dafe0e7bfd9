//! The whole fleet: six processes of the real program, over real sockets, on a real Postgres, the
//! MongoDB protocol and the Kafka protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod analytics;
mod authorization;
mod broker;
mod browser;
mod copies;
mod crashes;
mod descriptions;
mod double_clicks;
mod edits;
#[allow(dead_code, reason = "the tests in tests/hostile use the rest of it")]
mod fleet;
mod hidden;
mod importing;
mod journey;
mod people;
mod revocation;
mod settings;
mod spoofing;
