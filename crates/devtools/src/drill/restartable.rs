//! A program that accidents happen to, and waiting for what comes back.

use std::time::Duration;

use anyhow::{Context, ensure};
use promptforge::local::process;
use rustix::process::Signal;
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};

use crate::local::program::{ProgramSpec, log_tail};

const START_TIMEOUT: Duration = Duration::from_secs(120);

/// The longest time for which anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that may be down.
pub struct Program {
    pub spec: ProgramSpec,
    child: Option<Child>,
}

impl Program {
    pub fn new(spec: ProgramSpec) -> Self {
        Self { spec, child: None }
    }

    /// Starts the program, and waits until it is ready.
    ///
    /// # Errors
    /// When the program is not ready in time.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let child = self.child.insert(self.spec.spawn()?);
        let ready = tokio::select! {
            ready = timeout(START_TIMEOUT, self.spec.probe.wait_until_ready()) => ready.is_ok(),
            _ = child.wait() => false,
        };
        ensure!(ready, "{} is not ready:\n{}", self.spec.name, log_tail(&self.spec.log, 15));
        Ok(())
    }

    /// Sends a signal to the program, if it runs.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            process::send_signal(pid, signal);
        }
    }

    /// Ends the program by a signal, and waits until it has ended.
    ///
    /// # Errors
    /// When the program goes on.
    pub async fn end_by(&mut self, signal: Signal) -> anyhow::Result<()> {
        self.signal(signal);
        if let Some(child) = &mut self.child {
            let ended = timeout(PATIENCE, child.wait()).await;
            ended.with_context(|| format!("{} has not ended", self.spec.name))??;
        }
        self.child = None;
        Ok(())
    }

    pub async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            self.spec.stop(&mut child).await;
        }
    }
}

/// Waits until `check` returns something.
///
/// # Errors
/// When it does not in [`PATIENCE`]; the error says `what` was waited for.
pub async fn wait_for<T>(
    what: &str,
    mut check: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The broker or the database may just be down.
        let result = check().await;
        match result {
            Ok(Some(found)) => return Ok(found),
            Ok(None) | Err(_) if Instant::now() < deadline => {
                sleep(Duration::from_millis(50)).await
            }
            Ok(None) => anyhow::bail!("waited in vain: {what}"),
            Err(error) => return Err(error.context(format!("waited in vain: {what}"))),
        }
    }
}
