//! The end of the gateway: first it says so, and goes on; then it takes no more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// The two steps in which the gateway ends.
#[derive(Clone)]
pub struct Drain {
    draining: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Drain {
    /// Begins the first step at `shutdown`, by setting `draining`, and the second one `delay` later.
    pub fn at(shutdown: CancellationToken, draining: Arc<AtomicBool>, delay: Duration) -> Self {
        let drain = Self { draining, stop: CancellationToken::new() };
        let steps = drain.clone();
        tokio::spawn(async move {
            shutdown.cancelled().await;
            steps.draining.store(true, Ordering::Relaxed);
            tracing::info!("no longer ready; listening for {delay:?} more");
            tokio::time::sleep(delay).await;
            steps.stop.cancel();
        });
        drain
    }

    /// Tells whether balancers and clients are being sent elsewhere.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Returns the token of the second step, in which nothing new is accepted and streams end.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}
