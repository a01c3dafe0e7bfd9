//! The program itself, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod bench;
mod databases;
mod down;
mod import;
mod seed;
mod stores;
mod support;
mod up;
