//! The fleet under bodies, heads and connections that try to hold it up. These tests are apart from
//! the others, and run one after the other, since they measure how long other requests wait
//! meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod bodies;
#[path = "../e2e/fleet.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod fleet;
mod memory;
#[path = "../e2e/people.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod people;
mod routes;
mod watch;

use tokio::sync::{Mutex, MutexGuard};

/// Waits until no other test runs, and holds the others off.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}
