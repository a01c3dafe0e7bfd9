//! The helpers of tests, tested.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod broker;
