//! The test service, tested from outside: the real app on a real Postgres, and a prompt service
//! that answers over HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod assertions;
mod comparisons;
mod create;
mod datasets;
mod health;
mod providers;
mod queue;
mod read;
mod runs;
mod statistics;
mod support;
