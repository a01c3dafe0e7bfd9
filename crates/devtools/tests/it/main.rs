//! The program itself, run as developers run it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod bench;
mod databases;
mod down;
mod drill;
mod drill_events;
mod seed;
mod seed_analytics;
mod settings;
mod stores;
mod support;
mod up;
