//! What a connection of HTTP/2 does, and whether that leads anywhere.
//!
//! The protocol lets a client keep us busy without a request that would count against its limits: with pings,
//! settings, priorities, empty frames, or requests that it takes back at once.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use http_kit::{app::MAX_BODY_BYTES, watched_io::Watch};
use hyper::{Request, body::Body, body::Incoming};

/// The bytes that a connection may send beside its requests, at once and in a second: a hundred thousand pings,
/// and then a hundred in a second.
const ALLOWANCE: u64 = 2 * 1024 * 1024;
const ALLOWANCE_EACH_SECOND: u64 = 2 * 1024;

/// The most bytes that a request's frames need, without its body and with it: what is refused is drained.
const HEAD: u64 = 32 * 1024;
const BODY: u64 = 2 * MAX_BODY_BYTES as u64;

/// The number of requests that a client may take back, whatever it does otherwise.
const MAX_CANCELLED: u64 = 100;

/// What one connection has done.
#[derive(Default)]
pub struct Activity {
    open: AtomicUsize,
    requests: AtomicU64,
    /// The number of requests that were taken back before they were answered.
    cancelled: AtomicU64,
    received: AtomicU64,
    /// The bytes that all requests, and the time, have allowed for.
    allowed: AtomicU64,
    is_abusive: AtomicBool,
}

impl Activity {
    /// Counts a request, which is cancelled unless it is said to be answered.
    pub fn begin(self: &Arc<Self>, request: &Request<Incoming>) -> Begun {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let body = if request.body().is_end_stream() { 0 } else { BODY };
        self.allowed.fetch_add(HEAD + body, Ordering::Relaxed);
        Begun { activity: self.clone(), is_answered: false }
    }

    /// Counts a stream until the guard is dropped.
    pub fn open(self: &Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Tells whether there was a request.
    pub fn has_begun(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Notes that a second has passed.
    pub fn tick(&self) {
        self.allowed.fetch_add(ALLOWANCE_EACH_SECOND, Ordering::Relaxed);
    }

    fn cancel(&self) {
        let cancelled = self.cancelled.fetch_add(1, Ordering::Relaxed) + 1;
        let requests = self.requests.load(Ordering::Relaxed);
        if cancelled > MAX_CANCELLED && cancelled > requests / 2 {
            self.is_abusive.store(true, Ordering::Relaxed);
        }
    }

    /// Counts bytes that were received; tells whether the connection may go on.
    fn receive(&self, count: usize) -> bool {
        let received = self.received.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        received <= ALLOWANCE + self.allowed.load(Ordering::Relaxed)
            && !self.is_abusive.load(Ordering::Relaxed)
    }
}

/// A request that has no answer yet.
pub struct Begun {
    activity: Arc<Activity>,
    is_answered: bool,
}

impl Begun {
    pub fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.is_answered {
            self.activity.cancel();
        }
    }
}

/// A stream that is open.
pub struct Open(Arc<Activity>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A watch whose connection ends when its bytes lead nowhere.
pub struct Meter(pub Arc<Activity>);

impl Watch for Meter {
    fn read(&mut self, count: usize) -> io::Result<()> {
        match self.0.receive(count) {
            true => Ok(()),
            false => Err(io::Error::other("frames that lead nowhere")),
        }
    }
}
