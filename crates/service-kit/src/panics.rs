use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use tokio::task::JoinError;

/// A panic of a job or a task, with its message.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub struct Panicked(String);

impl From<JoinError> for Panicked {
    /// A task that has caught its own panics fails only when the runtime ends.
    fn from(error: JoinError) -> Self {
        Self(error.to_string())
    }
}

/// Runs `work`, and turns a panic into an error.
pub(crate) async fn catch<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| Panicked(message(&*panic)))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

/// Counts the end of a round or a task in `job_runs_total`.
pub(crate) fn count(job: &'static str, outcome: &'static str) {
    metrics::counter!("job_runs_total", "job" => job, "outcome" => outcome).increment(1);
}
