//! The connections to one instance.

use std::{io, net::SocketAddr, time::Duration};

use http_kit::serve::POOL_IDLE;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::upload::UploadBody;
use crate::per_core::PerCore;

/// The time within which an instance must accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// The most bytes of an answer that are read before the client takes them, and of its head.
const MAX_READ_BYTES: usize = 64 * 1024;

/// The sending end of a connection, which ends when this is dropped.
pub type Connection = SendRequest<UploadBody>;

/// The idle connections to an instance, the one used last on top. A connection is used by the core that
/// opened it, since its task runs there.
#[derive(Default)]
pub struct Pool {
    state: PerCore<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<(Connection, Instant)>,
    is_closed: bool,
}

impl Pool {
    /// Takes an idle connection that can be used at once.
    pub fn take(&self) -> Option<Connection> {
        let mut state = self.state.own();
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
        let mut state = self.state.own();
        if !state.is_closed && !connection.is_closed() {
            state.idle.push((connection, Instant::now()));
        }
    }

    /// Closes the connections that were idle for too long, or that the instance has closed.
    pub fn close_expired(&self) {
        let is_fresh = |since: &Instant| since.elapsed() < POOL_IDLE;
        for mut state in self.state.all() {
            state.idle.retain(|(connection, since)| is_fresh(since) && connection.is_ready());
        }
    }

    /// Closes the idle connections, and each other one after its answer.
    pub fn close(&self) {
        for mut state in self.state.all() {
            state.is_closed = true;
            state.idle.clear();
        }
    }
}

/// Opens a connection.
///
/// # Errors
/// When the instance does not accept it in time.
pub async fn connect(address: SocketAddr) -> io::Result<Connection> {
    let stream = timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    let handshake = http1::Builder::new()
        // One copy of a kilobyte costs less than the kernel takes for a second buffer.
        .writev(false)
        .max_buf_size(MAX_READ_BYTES)
        .handshake(TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%address, "connection to an instance ended: {error}");
        }
    });
    Ok(sender)
}
