//! The connections to one instance.
//!
//! A request without a body does the work of its connection itself: writing the request, reading the
//! answer and passing it on are one task, which nothing has to wake in between. The connection of a request
//! with a body is worked by a task of its own, since the upload must go on while the client takes none of an
//! answer that began early.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::{Request, Response};
use http_kit::serve::POOL_IDLE;
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until, timeout},
};

use super::upload::UploadBody;
use crate::per_core::PerCore;

/// The time within which an instance must accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// The most bytes of an answer that are read before the client takes them, and of its head.
const MAX_READ_BYTES: usize = 64 * 1024;

/// What works a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The request that is sent over it, which has no body.
    ByRequest,
    /// A task of its own.
    ByTask,
}

/// A connection, which ends when this is dropped.
pub struct Connection {
    sender: SendRequest<UploadBody>,
    /// The work of the connection; `None` after its end, and where a task does it.
    driver: Option<Box<http1::Connection<TokioIo<TcpStream>, UploadBody>>>,
    work: Work,
    /// The timer of requests. It stays set from one to the next: setting it costs more than to find
    /// now and then that it went off early.
    timer: Pin<Box<Sleep>>,
}

impl Connection {
    /// Begins to send a request; [`poll_answer`](Self::poll_answer) goes on.
    pub fn send(
        &mut self,
        request: Request<UploadBody>,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request<UploadBody>>>> + use<>
    {
        self.sender.try_send_request(request)
    }

    /// Polls a future that the work of this connection completes.
    pub fn poll_answer<T>(
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

    /// Waits for a time, at the earliest for one that was asked for before.
    pub fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.timer.as_mut().poll(context)
    }

    pub fn set_timer(&mut self, at: Instant) {
        self.timer.as_mut().reset(at);
    }

    /// Does what can be done at once of the connection's work.
    fn drive(&mut self, context: &mut Context<'_>) {
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
    fn give_to_task(&mut self) {
        self.work = Work::ByTask;
        if let Some(driver) = self.driver.take() {
            tokio::spawn(async move {
                if let Err(error) = driver.await {
                    tracing::debug!("connection to an instance ended: {error}");
                }
            });
        }
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

/// The idle connections to an instance, the one used last on top. A connection is used by the core that
/// opened it, since its readiness is known there.
#[derive(Default)]
pub struct Pool {
    state: PerCore<State>,
}

#[derive(Default)]
struct State {
    by_request: Vec<(Connection, Instant)>,
    by_task: Vec<(Connection, Instant)>,
    is_closed: bool,
}

impl State {
    fn idle(&mut self, work: Work) -> &mut Vec<(Connection, Instant)> {
        match work {
            Work::ByRequest => &mut self.by_request,
            Work::ByTask => &mut self.by_task,
        }
    }
}

impl Pool {
    /// Takes an idle connection that can be used at once.
    pub fn take(&self, work: Work, now: Instant) -> Option<Connection> {
        let mut state = self.state.own();
        if let Some(connection) = take_ready(state.idle(work), now) {
            return Some(connection);
        }
        // Better than to open one for each of the few requests with a body.
        let mut connection = match work {
            Work::ByRequest => return None,
            Work::ByTask => take_ready(&mut state.by_request, now)?,
        };
        connection.give_to_task();
        Some(connection)
    }

    /// Keeps a connection for the next request.
    pub fn put(&self, connection: Connection, now: Instant) {
        let mut state = self.state.own();
        if !state.is_closed && !connection.is_closed() {
            state.idle(connection.work).push((connection, now));
        }
    }

    /// Closes the connections that were idle for too long, or that the instance has closed.
    pub fn close_expired(&self) {
        let now = Instant::now();
        let is_fresh = |since: &Instant| now.saturating_duration_since(*since) < POOL_IDLE;
        let mut context = Context::from_waker(Waker::noop());
        for mut state in self.state.all() {
            for work in [Work::ByRequest, Work::ByTask] {
                state.idle(work).retain_mut(|(connection, since)| {
                    connection.drive(&mut context);
                    is_fresh(since) && connection.is_ready()
                });
            }
        }
    }

    /// Closes the idle connections, and each other one after its answer.
    pub fn close(&self) {
        for mut state in self.state.all() {
            state.is_closed = true;
            state.by_request.clear();
            state.by_task.clear();
        }
    }
}

/// Takes the connection that was used last, if it can be used at once.
fn take_ready(idle: &mut Vec<(Connection, Instant)>, now: Instant) -> Option<Connection> {
    while let Some((connection, since)) = idle.pop() {
        if now.saturating_duration_since(since) >= POOL_IDLE {
            // The others have been idle for longer.
            idle.clear();
            return None;
        }
        if connection.is_ready() {
            return Some(connection);
        }
    }
    None
}

/// Opens a connection.
///
/// # Errors
/// When the instance does not accept it in time.
pub async fn connect(address: SocketAddr, work: Work) -> io::Result<Connection> {
    let stream = timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    let handshake = http1::Builder::new()
        // One copy of a kilobyte costs less than the kernel takes for a second buffer.
        .writev(false)
        .max_buf_size(MAX_READ_BYTES)
        .handshake(TokioIo::new(stream));
    let (sender, driver) = handshake.await.map_err(io::Error::other)?;
    let timer = Box::pin(sleep_until(Instant::now()));
    let driver = Some(Box::new(driver));
    let mut connection = Connection { sender, driver, work: Work::ByRequest, timer };
    if work == Work::ByTask {
        connection.give_to_task();
    }
    Ok(connection)
}
