//! The time within which a request head must be there.
//!
//! An idle connection may wait for longer than a head may take, and hyper has one timer for both. So a head that
//! has begun is timed where its bytes are read: without a timer of its own, since a client that sends nothing
//! more at all is idle.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::watched_io::Watch;

/// The time from the first bytes of a head, read apart from the rest, to the last.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// What has been read since an answer was last written.
enum Head {
    Nothing,
    /// One piece, which mostly is a whole head: the clock is not looked at for it.
    Piece,
    PiecesSince(Instant),
}

/// A watch whose connection fails when a head takes too long.
pub struct HeadDeadline {
    head: Head,
    /// Whether what is read belongs to a request that is being answered; set by the one who answers.
    is_answering: Arc<AtomicBool>,
}

impl HeadDeadline {
    pub fn new(is_answering: Arc<AtomicBool>) -> Self {
        Self { head: Head::Nothing, is_answering }
    }
}

impl Watch for HeadDeadline {
    fn read(&mut self, count: usize) -> io::Result<()> {
        if count == 0 || self.is_answering.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.head {
            Head::Nothing => self.head = Head::Piece,
            Head::Piece => self.head = Head::PiecesSince(Instant::now()),
            Head::PiecesSince(since) if since.elapsed() > HEAD_TIMEOUT => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no whole head in time"));
            }
            Head::PiecesSince(_) => {}
        }
        Ok(())
    }

    /// Notes that an answer, or a part of one, is written: the next head is not late yet.
    fn write(&mut self) {
        self.head = Head::Nothing;
        self.is_answering.store(false, Ordering::Relaxed);
    }
}
