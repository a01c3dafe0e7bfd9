//! Helpers for tests. A test starts the real app on port 0, with its own database on a real Postgres
//! (`DATABASE_URL` names the server), a [`Broker`], and, if it needs one, a MongoDB-protocol server
//! (`MONGODB_URI`).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod app;
mod broker;
mod client;
mod database;
mod described;
mod events;
pub mod health;
pub mod openapi;
pub mod raw;
mod redactions;
mod sse;

pub use app::{INTERNAL_TOKEN, TestApp, settings, signing_key};
pub use broker::Broker;
pub use client::{Answer, Client, user};
pub use database::DatabaseSwitch;
pub use events::{consume, read_topic, read_topic_until};
pub use redactions::redactions;
pub use sse::{Event, Events};

use std::time::{Duration, Instant};

/// How long a condition may take to become true. Not a speed test, but long enough for a busy machine:
/// a killed consumer keeps its partitions until its session expires, 6 s later.
const DEADLINE: Duration = Duration::from_secs(120);

/// Polls `condition` every few milliseconds until it returns a value.
///
/// # Panics
/// When it returns none within two minutes.
pub async fn eventually<T, F>(what: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
