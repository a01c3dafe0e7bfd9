//! Producer, relay and topics on a broker.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod producer;
mod relay;
mod support;
mod topics;
