//! A connection whose bytes are watched as they pass.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An observer of a connection's bytes, which may end it.
pub trait Watch {
    /// Notes that `count` bytes were read, which are none at the end.
    ///
    /// # Errors
    /// When the connection is to end.
    fn read(&mut self, count: usize) -> io::Result<()>;

    /// Notes that bytes are about to be written.
    fn write(&mut self) {}
}

/// A connection, and what watches it.
pub struct WatchedIo<I, W> {
    io: I,
    watch: W,
}

impl<I, W> WatchedIo<I, W> {
    pub fn new(io: I, watch: W) -> Self {
        Self { io, watch }
    }

    pub fn into_inner(self) -> I {
        self.io
    }
}

impl<I: AsyncRead + Unpin, W: Watch + Unpin> AsyncRead for WatchedIo<I, W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.io).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => Poll::Ready(self.watch.read(buffer.filled().len() - before)),
            polled => polled,
        }
    }
}

impl<I: AsyncWrite + Unpin, W: Watch + Unpin> AsyncWrite for WatchedIo<I, W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.watch.write();
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.watch.write();
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
