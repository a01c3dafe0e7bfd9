//! The program itself, run as people run it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod down;
mod import;
mod stores;
mod support;
