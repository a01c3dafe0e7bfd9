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

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use tokio::net::TcpListener;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn the_message_is_dropped_and_then_its_writer_is_woken_to_read_the_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (service, _) = listener.accept().await.unwrap();
        let mut replay = Replay::within_answer(stream, Bytes::from_static(b"answer"));
        let mut replay = Pin::new(&mut replay);
        let wakes = Arc::new(Wakes::default());
        let waker = wakes.clone().into();
        let mut context = Context::from_waker(&waker);
        let mut room = [0; 16];
        let mut buffer = ReadBuf::new(&mut room);

        assert!(replay.as_mut().poll_flush(&mut context).is_ready());
        assert!(replay.as_mut().poll_read(&mut context, &mut buffer).is_pending());
        for piece in [&b"GET / HTTP/1.1\r\n"[..], b"\r\n"] {
            let written = replay.as_mut().poll_write(&mut context, piece);
            assert!(matches!(written, Poll::Ready(Ok(count)) if count == piece.len()));
        }
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0, "the message may go on");
        assert!(replay.as_mut().poll_flush(&mut context).is_ready());
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(replay.as_mut().poll_read(&mut context, &mut buffer).is_ready());
        assert_eq!(buffer.filled(), b"answer");

        // The first bytes that arrive are those of the next message.
        assert!(replay.as_mut().poll_write(&mut context, b"next").is_ready());
        service.readable().await.unwrap();
        assert_eq!(service.try_read(&mut room).unwrap(), b"next".len());
        assert!(room.starts_with(b"next"));
    }
}
