//! A connection that changes hands within an answer: the next owner sends the request once more, which is dropped,
//! and then reads what the first has read.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A connection, and what was read of it before.
pub struct Replay {
    stream: TcpStream,
    read: Bytes,
    dropping: Dropping,
}

/// Which bytes that are written are dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dropping {
    Nothing,
    /// The next message; nothing is read before it.
    Next,
    /// The rest of the message, until it is flushed.
    Begun,
}

impl Replay {
    /// A connection over which nothing is being sent.
    pub fn idle(stream: TcpStream) -> Self {
        Self { stream, read: Bytes::new(), dropping: Dropping::Nothing }
    }

    /// A connection over which a request was sent, and `read` was read of its answer.
    pub fn within_answer(stream: TcpStream, read: Bytes) -> Self {
        Self { stream, read, dropping: Dropping::Next }
    }
}

impl AsyncRead for Replay {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.dropping != Dropping::Nothing {
            // Woken by the flush.
            return Poll::Pending;
        }
        if self.read.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let taken = self.read.len().min(buffer.remaining());
        buffer.put_slice(&self.read[..taken]);
        self.read.advance(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replay {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.dropping == Dropping::Nothing {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        }
        self.dropping = Dropping::Begun;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.dropping == Dropping::Begun {
            self.dropping = Dropping::Nothing;
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
