//! The connections to one instance.

use std::{
    io,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http_kit::serve::POOL_IDLE;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::upload::UploadBody;

/// The time within which an instance must accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// The sending end of a connection, which ends when this is dropped.
pub type Connection = SendRequest<UploadBody>;

/// The idle connections, the one used last on top.
#[derive(Default)]
pub struct Pool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<(Connection, Instant)>,
    is_closed: bool,
}

impl Pool {
    /// Takes an idle connection that can be used at once.
    pub fn take(&self) -> Option<Connection> {
        let mut state = self.lock();
        while let Some((connection, since)) = state.idle.pop() {
            if since.elapsed() >= POOL_IDLE {
                // The others have been idle for longer.
                state.idle.clear();
                return None;
            }
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub fn put(&self, connection: Connection) {
        let mut state = self.lock();
        if !state.is_closed && !connection.is_closed() {
            state.idle.push((connection, Instant::now()));
        }
    }

    /// Closes the connections that were idle for too long, or that the instance has closed.
    pub fn close_expired(&self) {
        let is_fresh = |since: &Instant| since.elapsed() < POOL_IDLE;
        self.lock().idle.retain(|(connection, since)| is_fresh(since) && connection.is_ready());
    }

    /// Closes the idle connections, and each other one after its answer.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.idle.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a connection.
///
/// # Errors
/// When the instance does not accept it in time.
pub async fn connect(address: SocketAddr) -> io::Result<Connection> {
    let stream = timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    let handshake = http1::Builder::new().handshake(TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%address, "connection to an instance ended: {error}");
        }
    });
    Ok(sender)
}
