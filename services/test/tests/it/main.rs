//! The test service, tested from outside: the real app on a real Postgres, and a prompt service and
//! model providers that answer over HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod anthropic;
mod assertions;
mod bounds;
mod cancel;
mod comparisons;
mod compatible;
mod create;
mod datasets;
mod gemini;
mod health;
mod keys;
mod limits;
mod openai;
mod openapi;
mod provider_failures;
mod providers;
mod queue;
mod read;
mod remote;
mod runs;
mod statistics;
mod stream;
mod support;
