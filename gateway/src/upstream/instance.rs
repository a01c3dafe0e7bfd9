//! One instance of a service, and what is known of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
};

use http::HeaderValue;
use tokio::time::Instant;

use super::{
    outlier::{Outlier, Standing},
    pool::Pool,
};

/// An instance of a service.
pub struct Instance {
    pub address: SocketAddr,
    /// The `Host` header of requests: its address as it was configured.
    pub host: HeaderValue,
    pub pool: Pool,
    /// The number of requests that wait for an answer. One whose answer has begun is no load: a stream
    /// may stay open for hours.
    waiting: AtomicUsize,
    health: AtomicU8,
    outlier: Mutex<Outlier>,
}

/// What the last check of an instance found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Unchecked,
    Ready,
    /// It answers, but wants no requests: it is stopping, or lacks something.
    Unready,
    /// It takes no connections; what it is working on may still be answered.
    Refusing,
    /// It did not answer twice in a row: what it is working on will hardly be answered.
    Hanging,
}

impl Health {
    pub const ALL: [Self; 5] =
        [Self::Unchecked, Self::Ready, Self::Unready, Self::Refusing, Self::Hanging];

    /// Returns the name as in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Ready => "ready",
            Self::Unready => "unready",
            Self::Refusing => "refusing",
            Self::Hanging => "hanging",
        }
    }
}

/// How well an instance suits the next request; the best ones are picked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fitness {
    Fit,
    /// It was not checked yet.
    Unknown,
    /// It wants no requests, was ejected, or is coming back slowly.
    Doubtful,
    /// It takes no connections, or does not answer.
    Unlikely,
}

/// The factor by which an instance that failed lately looks busier than it is.
const PENALTY: usize = 10;

impl Instance {
    pub fn new(address: SocketAddr, host: HeaderValue) -> Self {
        Self {
            address,
            host,
            pool: Pool::default(),
            waiting: AtomicUsize::new(0),
            health: AtomicU8::new(Health::Unchecked as u8),
            outlier: Mutex::default(),
        }
    }

    pub fn health(&self) -> Health {
        let index = usize::from(self.health.load(Ordering::Relaxed));
        Health::ALL.get(index).copied().unwrap_or(Health::Unchecked)
    }

    /// Notes what a check found. An instance that becomes ready again comes back slowly.
    pub fn set_health(&self, health: Health) {
        let before = self.health();
        if before == health {
            return;
        }
        if health == Health::Ready && before != Health::Unchecked {
            self.outlier().come_back(Instant::now());
        }
        self.health.store(health as u8, Ordering::Relaxed);
        match health {
            Health::Unchecked => {}
            Health::Ready => tracing::info!(instance = %self.address, "ready"),
            _ => tracing::warn!(instance = %self.address, health = health.name(), "not ready"),
        }
    }

    /// Returns how well the instance suits a request. `chance` is a random number below 1; a request
    /// that cannot be repeated is not given to an instance on trial.
    pub fn fitness(&self, now: Instant, may_repeat: bool, chance: f64) -> Fitness {
        let standing = self.outlier().standing(now);
        match (self.health(), standing) {
            (Health::Refusing | Health::Hanging, _) => Fitness::Unlikely,
            (Health::Unready, _) | (_, Standing::Ejected) => Fitness::Doubtful,
            (Health::Ready, Standing::Good { share }) if chance < share => Fitness::Fit,
            (Health::Ready, Standing::OnTrial) if may_repeat => Fitness::Fit,
            (Health::Ready, _) => Fitness::Doubtful,
            (Health::Unchecked, _) => Fitness::Unknown,
        }
    }

    /// Returns how busy the instance is, to compare it with another.
    pub fn load(&self, now: Instant) -> usize {
        let waiting = self.waiting.load(Ordering::Relaxed) + 1;
        if self.outlier().is_penalized(now) { waiting * PENALTY } else { waiting }
    }

    /// Counts a request as waiting for its answer, until the result is dropped.
    pub fn begin(self: &Arc<Self>, now: Instant) -> Waiting {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.outlier().begin(now);
        Waiting(self.clone())
    }

    /// Records a whole answer.
    pub fn record_success(&self, now: Instant) {
        self.outlier().succeed(now);
    }

    /// Records an answer that is an error of the instance.
    pub fn record_error(&self) {
        self.outlier().penalize(Instant::now());
    }

    /// Records that no answer came, or a broken one.
    pub fn record_failure(&self) {
        if self.outlier().fail(Instant::now()) {
            tracing::warn!(instance = %self.address, "ejected: its answers do not arrive whole");
        }
    }

    /// Records that no connection was accepted.
    pub fn record_refusal(&self) {
        if self.outlier().eject(Instant::now()) {
            tracing::warn!(instance = %self.address, "ejected: it takes no connections");
        }
    }

    fn outlier(&self) -> MutexGuard<'_, Outlier> {
        self.outlier.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that waits for an answer of an instance.
pub struct Waiting(Arc<Instance>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
