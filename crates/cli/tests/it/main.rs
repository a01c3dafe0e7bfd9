//! The program itself, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod analytics;
mod import;
mod support;
