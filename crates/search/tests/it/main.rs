//! The index through its public API.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod broken;
mod filters;
mod order;
mod similar;
mod support;
mod texts;
