//! A connection to an instance that hyper works: for requests with a body, and for answers of unusual framing.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request, Response, header};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
    ext::ReasonPhrase,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    plain::answer_head::MAX_HEAD_BYTES,
    replay::Replay,
    upload::{Upload, UploadBody},
};

/// The work that drives a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The request that is sent over it, which has no body.
    ByRequest,
    /// A task of its own.
    ByTask,
}

/// The reason why there is no answer.
pub struct SendError {
    pub error: hyper::Error,
    /// True if nothing of the request was sent.
    pub is_unsent: bool,
}

/// The wait for an answer.
type Sending = Pin<
    Box<dyn Future<Output = Result<Response<Incoming>, TrySendError<Request<UploadBody>>>> + Send>,
>;

/// A connection over which one request after another is sent.
pub struct Framed {
    sender: SendRequest<UploadBody>,
    /// The work of the connection; `None` after its end, and where a task does it.
    driver: Option<Box<http1::Connection<TokioIo<Replay>, UploadBody>>>,
    work: Work,
    sending: Option<Sending>,
    /// True if the request was sent before this had the connection.
    is_resumed: bool,
}

impl Framed {
    /// # Errors
    /// When hyper does not take the connection, which it always does.
    pub fn new(connection: Replay) -> io::Result<Self> {
        let handshake = http1::Builder::new()
            // One copy of a kilobyte costs less than the kernel takes for a second buffer.
            .writev(false)
            .max_buf_size(MAX_HEAD_BYTES)
            .handshake(TokioIo::new(connection));
        // HTTP/1.1 has no handshake to wait for.
        let made = handshake.now_or_never().ok_or(io::ErrorKind::NotConnected)?;
        let (sender, driver) = made.map_err(io::Error::other)?;
        let driver = Some(Box::new(driver));
        Ok(Self { sender, driver, work: Work::ByRequest, sending: None, is_resumed: false })
    }

    /// Goes on with a request without a body that was sent already; `read` is what was read of its answer.
    ///
    /// # Errors
    /// Fails as [`new`](Self::new) does.
    pub fn resume(stream: TcpStream, read: Bytes, method: Method) -> io::Result<Self> {
        let mut framed = Self::new(Replay::within_answer(stream, read))?;
        let mut request = Request::new(Upload::default().lend());
        *request.method_mut() = method;
        framed.begin(request);
        framed.is_resumed = true;
        Ok(framed)
    }

    /// Begins to send a request; [`poll_answer`](Self::poll_answer) goes on.
    pub fn begin(&mut self, request: Request<UploadBody>) {
        self.sending = Some(Box::pin(self.sender.try_send_request(request)));
    }

    /// Waits for the answer to what was sent.
    ///
    /// # Errors
    /// When the connection ends before.
    pub fn poll_answer(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Response<Incoming>, SendError>> {
        let Some(mut sending) = self.sending.take() else { return Poll::Pending };
        let polled = self.poll(context, |context| sending.as_mut().poll(context));
        if polled.is_pending() {
            self.sending = Some(sending);
            return Poll::Pending;
        }
        let is_resumed = std::mem::take(&mut self.is_resumed);
        polled.map_err(|mut error| {
            let is_unsent = error.take_message().is_some() && !is_resumed;
            SendError { error: error.into_error(), is_unsent }
        })
    }

    /// Holds an answer to what hyper leaves open: the bound of its head, and one framing.
    ///
    /// # Errors
    /// When the head is too long.
    pub fn check_answer(response: &mut Response<Incoming>) -> io::Result<()> {
        if head_bytes(response) > MAX_HEAD_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the head is too long"));
        }
        let headers = response.headers_mut();
        let last = headers.get_all(header::TRANSFER_ENCODING).iter().next_back();
        let last = last.and_then(|line| line.as_bytes().rsplit(|byte| *byte == b',').next());
        if last.is_some_and(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked")) {
            // The chunks count (RFC 9112, 6.3), and the client is not told of a length that they need not have.
            headers.remove(header::CONTENT_LENGTH);
        }
        Ok(())
    }

    /// Polls a future that the work of this connection completes.
    pub fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        match self.work {
            Work::ByTask => poll(context),
            Work::ByRequest => {
                self.drive(context);
                // Nothing else completes it, so that a waker would only wake this task once more.
                poll(&mut Context::from_waker(Waker::noop()))
            }
        }
    }

    /// Does what can be done at once of the connection's work.
    pub fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && let Poll::Ready(ended) = Pin::new(driver).poll(context)
        {
            self.driver = None;
            if let Err(error) = ended {
                tracing::debug!("connection to an instance ended: {error}");
            }
        }
    }

    /// Has the work of the connection done by a task from now on.
    pub fn give_to_task(&mut self) {
        self.work = Work::ByTask;
        if let Some(driver) = self.driver.take() {
            tokio::spawn(async move {
                if let Err(error) = driver.await {
                    tracing::debug!("connection to an instance ended: {error}");
                }
            });
        }
    }

    pub fn work(&self) -> Work {
        self.work
    }

    /// Tells whether a request can be sent at once.
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until a request can be sent.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn ready(&mut self) -> hyper::Result<()> {
        poll_fn(|context| {
            self.drive(context);
            self.sender.poll_ready(context)
        })
        .await
    }
}

/// Returns the bytes of a head, without the white space that may be around values.
fn head_bytes<B>(response: &Response<B>) -> usize {
    const AROUND: usize = "HTTP/1.1 200 \r\n\r\n".len();
    let reason = response.extensions().get().map_or_else(
        || response.status().canonical_reason().unwrap_or_default().len(),
        |reason: &ReasonPhrase| reason.as_bytes().len(),
    );
    let fields = response.headers().iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    AROUND + reason + fields.sum::<usize>()
}
