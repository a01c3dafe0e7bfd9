//! Programs that run for a measurement, and what the analytics service tells of itself.

use std::time::Duration;

use anyhow::ensure;
use reqwest::Client;
use tokio::{
    process::Child,
    time::{sleep, timeout},
};

use crate::local::program::{ProgramSpec, log_tail};

/// The time in which a program must be ready; recovering a Postgres that was killed takes a while.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A program that runs.
pub struct Running {
    spec: ProgramSpec,
    child: Child,
}

impl Running {
    /// Starts a program, and waits until it is ready.
    ///
    /// # Errors
    /// When the program is not ready in time.
    pub async fn start(spec: ProgramSpec) -> anyhow::Result<Self> {
        let mut child = spec.spawn()?;
        let ready = tokio::select! {
            ready = timeout(START_TIMEOUT, spec.probe.wait_until_ready()) => ready.is_ok(),
            _ = child.wait() => false,
        };
        ensure!(ready, "{} is not ready:\n{}", spec.name, log_tail(&spec.log, 15));
        Ok(Self { spec, child })
    }

    /// Returns the number of the process; 0 after it has ended.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    pub async fn stop(mut self) {
        self.spec.stop(&mut self.child).await;
    }
}

/// A running analytics service.
pub struct Service {
    pub running: Running,
    pub url: String,
    pub http: Client,
    pub token: String,
}

impl Service {
    /// Returns the number of events of the outcome that the service has counted since its start.
    ///
    /// # Errors
    /// When the service does not answer.
    pub async fn consumed(&self, outcome: &str) -> anyhow::Result<u64> {
        let text = self.http.get(format!("{}/metrics", self.url)).send().await?.text().await?;
        let label = format!("result=\"{outcome}\"");
        let line = text
            .lines()
            .find(|line| line.starts_with("events_consumed_total{") && line.contains(&label));
        let count = line.and_then(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(count.unwrap_or_default() as u64)
    }

    /// Waits until the service has applied this many events since its start.
    ///
    /// # Errors
    /// When nothing more is applied for half a minute.
    pub async fn wait_until_applied(&self, events: u64, pause: Duration) -> anyhow::Result<()> {
        let (mut last, mut since) = (0, tokio::time::Instant::now());
        loop {
            let applied = self.consumed("applied").await?;
            if applied >= events {
                return Ok(());
            }
            if applied > last {
                (last, since) = (applied, tokio::time::Instant::now());
            }
            ensure!(
                since.elapsed() < Duration::from_secs(30),
                "only {applied} of {events} events were applied, and no more in half a minute"
            );
            sleep(pause).await;
        }
    }
}
