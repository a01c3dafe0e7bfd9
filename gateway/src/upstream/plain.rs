//! A connection to an instance as most requests need it: the head of a request is written as it is, and an
//! answer whose length is known is read as it comes. Between the two is nothing that would have to be woken,
//! copied for a possible repetition, or allocated for each request.
//!
//! Every other answer (chunked, until the end of the connection, informational, malformed) is left to hyper, which
//! is given the bytes that were read ([`Replay`](super::replay::Replay)).
//!
//! - [`request_head`]: what is written. [`answer_head`]: what is read.

pub mod answer_head;
mod request_head;

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Response, request::Parts};
use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    net::TcpStream,
};

use self::answer_head::AnswerHead;

/// The room for what is read at once: more than most answers have.
const READ_BYTES: usize = 8 * 1024;

/// The most bytes of an answer that are read before the client takes them.
const MAX_READ_BYTES: usize = 64 * 1024;

/// A connection over which one request after another is sent.
pub struct Plain {
    stream: TcpStream,
    /// The bytes that were read and not passed on.
    read: BytesMut,
    /// The head of the request, of which `written` bytes were written.
    head: Vec<u8>,
    written: usize,
}

/// The outcome of the wait for an answer.
pub enum Received {
    /// An answer, and the bytes of its body.
    Answer(Response<()>, u64),
    /// The connection had ended, or was out of step, before anything was written.
    Unsent,
    /// An answer that hyper has to read.
    Unusual,
}

impl Plain {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, read: BytesMut::new(), head: Vec::new(), written: 0 }
    }

    /// Begins a request without a body; [`poll_answer`](Self::poll_answer) goes on.
    pub fn begin(&mut self, parts: &Parts, host: &HeaderValue, timeout_ms: u64) {
        self.head.clear();
        self.written = 0;
        request_head::write(&mut self.head, parts, host, timeout_ms);
    }

    /// Writes the request and reads the head of its answer. The headers of the answer take the room of those of
    /// the request, which are needed no more.
    ///
    /// # Errors
    /// When the connection breaks off.
    pub fn poll_answer(
        &mut self,
        context: &mut Context<'_>,
        request: &mut Parts,
    ) -> Poll<io::Result<Received>> {
        // Looks at what is known, without a system call.
        if self.written == 0 && self.poll_read(context, READ_BYTES).is_ready() {
            return Poll::Ready(Ok(Received::Unsent));
        }
        ready!(self.poll_write(context))?;
        loop {
            match answer_head::take(&mut self.read, &request.method, &mut request.headers) {
                AnswerHead::Known { status, length } => {
                    let mut response = Response::new(());
                    *response.status_mut() = status;
                    *response.headers_mut() = std::mem::take(&mut request.headers);
                    return Poll::Ready(Ok(Received::Answer(response, length)));
                }
                AnswerHead::Unusual => return Poll::Ready(Ok(Received::Unusual)),
                AnswerHead::Partial => ready!(self.poll_read(context, READ_BYTES))?,
            }
        }
    }

    /// Reads a part of a body of which `left` bytes are still to come.
    ///
    /// # Errors
    /// When the connection breaks off.
    pub fn poll_data(
        &mut self,
        context: &mut Context<'_>,
        left: &mut u64,
    ) -> Poll<io::Result<Bytes>> {
        let most = usize::try_from(*left).unwrap_or(usize::MAX);
        if self.read.is_empty() {
            ready!(self.poll_read(context, most.clamp(READ_BYTES, MAX_READ_BYTES)))?;
        }
        let data = self.read.split_to(most.min(self.read.len())).freeze();
        *left -= data.len() as u64;
        if *left == 0 && self.read.is_empty() && self.read.capacity() > READ_BYTES {
            // Idle connections keep no room for large answers.
            self.read = BytesMut::new();
        }
        Poll::Ready(Ok(data))
    }

    /// Tells whether the next request can be sent: surplus bytes would be taken for its answer.
    pub fn is_ready(&self) -> bool {
        self.read.is_empty()
    }

    /// Tells whether an idle connection has ended, or received what nobody asked for.
    pub fn has_ended(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        self.poll_read(&mut context, READ_BYTES).is_ready()
    }

    /// Returns the connection, and what was read of the answer.
    pub fn into_parts(self) -> (TcpStream, Bytes) {
        (self.stream, self.read.freeze())
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.head.get(self.written..) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads some bytes, at least one.
    fn poll_read(&mut self, context: &mut Context<'_>, room: usize) -> Poll<io::Result<()>> {
        self.read.reserve(room);
        match ready!(pin!(self.stream.read_buf(&mut self.read)).poll(context))? {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;

    #[tokio::test]
    async fn an_idle_connection_has_ended_once_anything_comes() {
        for surplus in [&b"HTTP/1.1 200 OK\r\n"[..], b"\n", b""] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let mut plain = Plain::new(stream);
            let (mut service, _) = listener.accept().await.unwrap();
            assert!(!plain.has_ended() && plain.is_ready());
            service.write_all(surplus).await.unwrap();
            drop(service);
            plain.stream.readable().await.unwrap();
            assert!(plain.has_ended(), "{surplus:?}");
        }
    }
}
