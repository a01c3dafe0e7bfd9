//! The time within which a request head must be there.
//!
//! An idle connection may wait for longer than a head may take, and hyper has one timer for both. So a head that
//! has begun is timed where its bytes are read: without a timer of its own, since a client that sends nothing
//! more at all is idle.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// The time from the first bytes of a head, read apart from the rest, to the last.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// What has been read since an answer was last written.
enum Head {
    Nothing,
    /// One piece, which mostly is a whole head: the clock is not looked at for it.
    Piece,
    PiecesSince(Instant),
}

/// A connection whose reads fail when a head takes too long.
pub struct HeadDeadline<I> {
    io: I,
    head: Head,
    /// Whether what is read belongs to a request that is being answered; set by the one who answers.
    is_answering: Arc<AtomicBool>,
}

impl<I> HeadDeadline<I> {
    pub fn new(io: I, is_answering: Arc<AtomicBool>) -> Self {
        Self { io, head: Head::Nothing, is_answering }
    }

    pub fn into_inner(self) -> I {
        self.io
    }

    /// Notes that bytes were read.
    fn read(&mut self) -> io::Result<()> {
        if self.is_answering.load(Ordering::Relaxed) {
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

impl<I: AsyncRead + Unpin> AsyncRead for HeadDeadline<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.io).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => Poll::Ready(self.read()),
            polled => polled,
        }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for HeadDeadline<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write();
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write();
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
