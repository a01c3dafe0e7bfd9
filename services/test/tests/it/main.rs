//! The test service, tested from outside: the real app on a real Postgres, and a prompt service and
//! model providers that answer over HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod anthropic;
mod assertions;
mod bounds;
mod comparisons;
mod compatible;
mod datasets;
mod evaluation_runs;
mod gemini;
mod health;
mod keys;
mod limits;
mod openai;
mod openapi;
mod prompt_test_stream;
mod prompt_tests;
mod provider_failures;
mod providers;
mod queue;
mod remote;
mod statistics;
mod support;
