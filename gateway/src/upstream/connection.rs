//! A connection to an instance.
//!
//! A request without a body does the work of its connection itself: writing the request, reading the
//! answer and passing it on are one task, which nothing has to wake in between. The connection of a request
//! with a body is worked by a task of its own, since the upload must go on while the client takes none of an
//! answer that began early.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::body::HttpBody;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, request::Parts};
use hyper::body::{Frame, SizeHint};
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until, timeout},
};

use super::{
    framed::{Framed, Work},
    plain::{Plain, Received},
    replay::Replay,
    upload::UploadBody,
};

/// The time within which an instance must accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// A connection, which ends when this is dropped.
pub struct Connection {
    wire: Wire,
    /// The timer of requests. It stays set from one to the next: setting it costs more than to find
    /// now and then that it went off early.
    timer: Pin<Box<Sleep>>,
}

enum Wire {
    Plain(Plain),
    /// One whose request had a body, or that had an answer of unusual framing.
    Framed(Framed),
    Ended,
}

/// A body as it is read.
pub enum Incoming {
    /// The bytes that are still to come.
    Plain(u64),
    Framed(hyper::body::Incoming),
}

/// The reason why an answer does not come, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum BrokenAnswer {
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error("the connection broke off: {0}")]
    Io(#[from] io::Error),
}

/// The reason why an exchange gave no answer.
pub enum ExchangeError {
    /// The connection ended before anything was sent.
    Unsent,
    Broken(BrokenAnswer),
}

impl From<io::Error> for ExchangeError {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl BrokenAnswer {
    /// Tells whether the upload is to blame.
    pub fn is_of_upload(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_user())
    }
}

impl Connection {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the instance does not accept it in time.
    pub async fn open(address: SocketAddr, work: Work) -> io::Result<Self> {
        let stream = connect(address).await?;
        let timer = Box::pin(sleep_until(Instant::now()));
        let mut connection = Self { wire: Wire::Plain(Plain::new(stream)), timer };
        if work == Work::ByTask {
            connection.give_to_task();
        }
        Ok(connection)
    }

    /// Begins a request without a body, if the connection takes it as it is; else
    /// [`begin_framed`](Self::begin_framed) does.
    pub fn begin_plain(&mut self, parts: &Parts, host: &HeaderValue, timeout_ms: u64) -> bool {
        let Wire::Plain(plain) = &mut self.wire else { return false };
        plain.begin(parts, host, timeout_ms);
        true
    }

    /// Begins a request.
    pub fn begin_framed(&mut self, request: Request<UploadBody>) {
        if let Wire::Framed(framed) = &mut self.wire {
            framed.begin(request);
        }
    }

    /// Sends what was begun, and reads the head of the answer. Its headers may take the room of those in `parts`.
    ///
    /// # Errors
    /// When the connection ends before.
    pub fn poll_answer(
        &mut self,
        context: &mut Context<'_>,
        parts: &mut Parts,
    ) -> Poll<Result<Response<Incoming>, ExchangeError>> {
        if let Wire::Plain(plain) = &mut self.wire {
            match ready!(plain.poll_answer(context, parts))? {
                Received::Answer(response, length) => {
                    return Poll::Ready(Ok(response.map(|()| Incoming::Plain(length))));
                }
                Received::Unsent => return Poll::Ready(Err(ExchangeError::Unsent)),
                Received::Unusual => self.resume_framed(parts)?,
            }
        }
        let Wire::Framed(framed) = &mut self.wire else {
            return Poll::Ready(Err(ExchangeError::Unsent));
        };
        let mut response = ready!(framed.poll_answer(context)).map_err(|failed| {
            if failed.is_unsent {
                ExchangeError::Unsent
            } else {
                ExchangeError::Broken(failed.error.into())
            }
        })?;
        Framed::check_answer(&mut response)?;
        Poll::Ready(Ok(response.map(Incoming::Framed)))
    }

    /// Leaves the answer that has begun to hyper.
    fn resume_framed(&mut self, parts: &Parts) -> io::Result<()> {
        if let Wire::Plain(plain) = std::mem::replace(&mut self.wire, Wire::Ended) {
            let (stream, read) = plain.into_parts();
            self.wire = Wire::Framed(Framed::resume(stream, read, parts.method.clone())?);
        }
        Ok(())
    }

    /// Reads the next part of a body.
    pub fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
        incoming: &mut Incoming,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        match (incoming, &mut self.wire) {
            (Incoming::Plain(left @ 1..), Wire::Plain(plain)) => {
                let data = ready!(plain.poll_data(context, left));
                Poll::Ready(Some(data.map(Frame::data).map_err(BrokenAnswer::from)))
            }
            (Incoming::Framed(body), Wire::Framed(framed)) => {
                let polled = framed.poll(context, |context| Pin::new(body).poll_frame(context));
                polled.map_err(BrokenAnswer::from)
            }
            _ => Poll::Ready(None),
        }
    }

    /// Waits for a time, at the earliest for one that was asked for before.
    pub fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.timer.as_mut().poll(context)
    }

    pub fn set_timer(&mut self, at: Instant) {
        self.timer.as_mut().reset(at);
    }

    /// Has the work of the connection done by a task from now on.
    pub fn give_to_task(&mut self) {
        self.wire = match std::mem::replace(&mut self.wire, Wire::Ended) {
            Wire::Plain(plain) => {
                let (stream, _) = plain.into_parts();
                Framed::new(Replay::idle(stream)).map_or(Wire::Ended, Wire::Framed)
            }
            wire => wire,
        };
        if let Wire::Framed(framed) = &mut self.wire {
            framed.give_to_task();
        }
    }

    pub fn work(&self) -> Work {
        match &self.wire {
            Wire::Framed(framed) => framed.work(),
            Wire::Plain(_) | Wire::Ended => Work::ByRequest,
        }
    }

    /// Tells whether a request can be sent at once.
    pub fn is_ready(&self) -> bool {
        match &self.wire {
            Wire::Plain(plain) => plain.is_ready(),
            Wire::Framed(framed) => framed.is_ready(),
            Wire::Ended => false,
        }
    }

    /// Tells whether no request can be sent any more.
    pub fn is_closed(&self) -> bool {
        match &self.wire {
            Wire::Plain(plain) => !plain.is_ready(),
            Wire::Framed(framed) => framed.is_closed(),
            Wire::Ended => true,
        }
    }

    /// Looks whether an idle connection has ended.
    pub fn check_idle(&mut self) {
        match &mut self.wire {
            Wire::Plain(plain) => {
                if plain.has_ended() {
                    self.wire = Wire::Ended;
                }
            }
            Wire::Framed(framed) => framed.drive(&mut Context::from_waker(Waker::noop())),
            Wire::Ended => {}
        }
    }

    /// Waits until a request can be sent; returns false if none ever can.
    pub async fn ready(&mut self) -> bool {
        match &mut self.wire {
            Wire::Framed(framed) => framed.ready().await.is_ok(),
            Wire::Plain(_) | Wire::Ended => self.is_ready(),
        }
    }
}

impl Incoming {
    pub fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain(left) => *left == 0,
            Self::Framed(body) => body.is_end_stream(),
        }
    }

    pub fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain(left) => SizeHint::with_exact(*left),
            Self::Framed(body) => body.size_hint(),
        }
    }
}

/// Connects to an instance.
///
/// # Errors
/// When it does not accept the connection in time.
pub async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
