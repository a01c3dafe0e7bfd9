//! An answer as hyper reads it.

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Empty;
use hyper::{body::Body, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::at_once;

/// A connection that gives an answer once a request was written, and then ends.
struct Wire {
    answer: Vec<u8>,
    read: usize,
    was_asked: bool,
}

/// Returns the answer to a request, and as much of its body as comes before the end; `None` where it is refused.
///
/// # Panics
/// When hyper waits for more than the connection.
pub fn read(answer: Vec<u8>, method: &Method) -> Option<Response<Vec<u8>>> {
    let wire = TokioIo::new(Wire { answer, read: 0, was_asked: false });
    let handshake = http1::Builder::new().handshake::<_, Empty<Bytes>>(wire);
    let (mut sender, driver) = at_once(handshake).unwrap();
    let mut driver = Some(driver);
    let mut request = Request::new(Empty::new());
    *request.method_mut() = method.clone();
    let mut waiting = pin!(sender.send_request(request));
    let mut context = Context::from_waker(Waker::noop());
    let mut drive = |context: &mut Context<'_>| {
        if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(context).is_ready()) {
            driver = None;
        }
    };
    let response = loop {
        drive(&mut context);
        if let Poll::Ready(response) = waiting.as_mut().poll(&mut context) {
            break response.ok()?;
        }
    };
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    loop {
        if let Poll::Ready(frame) = Pin::new(&mut incoming).poll_frame(&mut context) {
            let Some(Ok(frame)) = frame else { break };
            body.extend(frame.into_data().unwrap_or_default());
        }
        drive(&mut context);
    }
    Some(Response::from_parts(parts, body))
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.was_asked {
            return Poll::Pending;
        }
        let count = buffer.remaining().min(self.answer.len() - self.read);
        buffer.put_slice(&self.answer[self.read..self.read + count]);
        self.read += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.was_asked = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
