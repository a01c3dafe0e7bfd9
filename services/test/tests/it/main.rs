//! The test service, tested from outside: the real app on a real Postgres, and a prompt service
//! that answers over HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod cancel;
mod create;
mod health;
mod limits;
mod providers;
mod queue;
mod read;
mod stream;
mod support;
