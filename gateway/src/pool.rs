//! The connections to instances: one pool for each core, so that no request waits for another core.
//!
//! Where a general client only knows errors, this one says what was never sent: such a request comes back
//! whole, and may go elsewhere whatever its method.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::body::Body;
use http::{Request, Response, uri::Authority};
use http_kit::serve::POOL_IDLE;
use hyper::{
    body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// The time within which an instance must accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// The most idle connections to an instance.
const MAX_IDLE: usize = 256;

/// The largest head of an answer.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The connections of one core, by which requests are sent.
#[derive(Clone, Default)]
pub struct Pool {
    idle: Arc<IdleConnections>,
}

/// The idle connections to each instance; the one that was used last is used next.
#[derive(Default)]
struct IdleConnections(Mutex<HashMap<Authority, Vec<Idle>>>);

struct Idle {
    sender: SendRequest<Body>,
    since: Instant,
}

/// The error of a request that got no answer.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The instance took no connection; the request was not sent, and comes back.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error, Box<Request<Body>>),
    /// The request was sent, or half sent.
    #[error("no answer: {0}")]
    NoAnswer(#[source] hyper::Error),
}

impl Pool {
    /// Sends a request to an instance. The request must have its `Host`, and a target without a host.
    ///
    /// # Errors
    /// [`PoolError`] when there is no answer.
    pub async fn request(
        &self,
        instance: &Authority,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, PoolError> {
        while let Some(mut sender) = self.idle.take(instance) {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.respond(instance, sender, response)),
                // The instance had closed the connection.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(PoolError::NoAnswer(error.into_error())),
                },
            }
        }
        let mut sender = match connect(instance).await {
            Ok(sender) => sender,
            Err(error) => return Err(PoolError::Connect(error, Box::new(request))),
        };
        match sender.try_send_request(request).await {
            Ok(response) => Ok(self.respond(instance, sender, response)),
            Err(mut error) => Err(match error.take_message() {
                Some(unsent) => PoolError::Connect(
                    io::Error::new(io::ErrorKind::ConnectionReset, error.into_error()),
                    Box::new(unsent),
                ),
                None => PoolError::NoAnswer(error.into_error()),
            }),
        }
    }

    fn respond(
        &self,
        instance: &Authority,
        sender: SendRequest<Body>,
        response: Response<Incoming>,
    ) -> Response<Body> {
        response.map(|incoming| {
            if incoming.is_end_stream() {
                self.idle.give_back(instance.clone(), sender);
                return Body::empty();
            }
            let lease = Some((self.idle.clone(), instance.clone(), sender));
            Body::new(PooledBody { incoming, lease })
        })
    }
}

async fn connect(instance: &Authority) -> io::Result<SendRequest<Body>> {
    let address = (host(instance), instance.port_u16().unwrap_or(80));
    let stream = timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        // One copy of a kilobyte costs less than the kernel takes for a second buffer.
        .writev(false)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("connection to an instance ended: {error}");
        }
    });
    Ok(sender)
}

/// Returns the host as sockets know it: an IPv6 address has no brackets there.
fn host(instance: &Authority) -> &str {
    instance.host().trim_start_matches('[').trim_end_matches(']')
}

impl IdleConnections {
    /// Takes the connection that was used last, and drops those that are closed or too old.
    fn take(&self, instance: &Authority) -> Option<SendRequest<Body>> {
        let mut pool = self.lock();
        let idle = pool.get_mut(instance)?;
        while let Some(Idle { sender, since }) = idle.pop() {
            if since.elapsed() > POOL_IDLE {
                // All below it are older.
                idle.clear();
                return None;
            }
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    /// Gives a connection back as soon as it can take a request: an answer may end before its request
    /// was read to the end.
    fn give_back(self: &Arc<Self>, instance: Authority, mut sender: SendRequest<Body>) {
        if sender.is_ready() {
            self.put(&instance, sender);
        } else if !sender.is_closed() {
            let pool = self.clone();
            tokio::spawn(async move {
                if sender.ready().await.is_ok() {
                    pool.put(&instance, sender);
                }
            });
        }
    }

    fn put(&self, instance: &Authority, sender: SendRequest<Body>) {
        let mut pool = self.lock();
        let idle = match pool.get_mut(instance) {
            Some(idle) => idle,
            None => pool.entry(instance.clone()).or_default(),
        };
        if idle.first().is_some_and(|oldest| oldest.since.elapsed() > POOL_IDLE) {
            idle.retain(|it| it.since.elapsed() <= POOL_IDLE);
        }
        if idle.len() < MAX_IDLE {
            idle.push(Idle { sender, since: Instant::now() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Authority, Vec<Idle>>> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The body of an answer, whose connection goes back to the pool at its end. One that is dropped before
/// its end closes the connection.
struct PooledBody {
    incoming: Incoming,
    lease: Option<(Arc<IdleConnections>, Authority, SendRequest<Body>)>,
}

impl PooledBody {
    fn give_back(&mut self) {
        if let Some((pool, instance, sender)) = self.lease.take() {
            pool.give_back(instance, sender);
        }
    }
}

impl HttpBody for PooledBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
        // The server does not ask again after the last frame of a body whose length it knows.
        match &frame {
            Some(Ok(_)) if !self.incoming.is_end_stream() => {}
            Some(Err(_)) => self.lease = None,
            _ => self.give_back(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_has_no_brackets() {
        for (text, expected) in
            [("[::1]:9002", "::1"), ("10.0.0.1:9002", "10.0.0.1"), ("prompt:9002", "prompt")]
        {
            assert_eq!(host(&text.parse().unwrap()), expected);
        }
    }
}
