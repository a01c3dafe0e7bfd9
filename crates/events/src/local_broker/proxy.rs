//! The proxy before a bounded broker: it passes requests on, and lets those that produce wait
//! until a group has consumed enough. A client that waits has no answer, and so nothing that was
//! acknowledged is lost.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{
    backlog::Backlog,
    wire::{self, Request},
};

/// A listener that accepts connections until it is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
}

struct Shared {
    /// The address that clients connect to.
    address: SocketAddr,
    broker: SocketAddr,
    backlog: Arc<Backlog>,
    is_closed: AtomicBool,
}

impl Proxy {
    /// Listens on a free port of the loopback.
    ///
    /// # Errors
    /// When there is none, or no thread.
    pub fn start(broker: SocketAddr, backlog: Arc<Backlog>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let is_closed = AtomicBool::new(false);
        let shared = Arc::new(Shared { address, broker, backlog, is_closed });
        let proxy = Self { shared: Arc::clone(&shared) };
        spawn("broker-proxy", move || {
            for client in listener.incoming() {
                if shared.is_closed.load(Ordering::Relaxed) {
                    return;
                }
                // A connection that cannot be served is closed, and the client comes again.
                if let Ok(client) = client {
                    let _ = serve(client, &shared);
                }
            }
        })?;
        Ok(proxy)
    }

    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Relaxed);
        self.shared.backlog.close();
        // Wakes the listening thread.
        let _ = TcpStream::connect(self.shared.address);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// The requests without an answer yet, by id, with their bytes.
type Pending = Arc<Mutex<HashMap<i32, (Request, u64)>>>;

/// Passes requests and answers between a client and a connection to the broker of its own.
fn serve(client: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let broker = TcpStream::connect(shared.broker)?;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let pending = Pending::default();
    let answers = (broker.try_clone()?, client.try_clone()?, pending.clone(), shared.clone());
    spawn("broker-answers", move || {
        let (broker, client, pending, shared) = answers;
        let _ = pass_answers(&broker, &client, &pending, &shared);
        end(&broker, &client);
    })?;
    let shared = shared.clone();
    spawn("broker-requests", move || {
        let _ = pass_requests(&client, &broker, &pending, &shared.backlog);
        end(&broker, &client);
        // These get no answer any more.
        for (_, (request, bytes)) in lock(&pending).drain() {
            count_answer(&shared.backlog, request, bytes);
        }
    })
}

fn end(broker: &TcpStream, client: &TcpStream) {
    let _ = broker.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

fn pass_requests(
    client: &TcpStream,
    broker: &TcpStream,
    pending: &Pending,
    backlog: &Backlog,
) -> io::Result<()> {
    loop {
        let frame = wire::read(client)?;
        let bytes = frame.len() as u64;
        let Some((id, request)) = wire::request(&frame) else { return Ok(()) };
        if matches!(request, Request::Produce { .. }) && !backlog.admit(bytes) {
            return Ok(());
        }
        if request == (Request::Produce { is_answered: false }) {
            backlog.answer(bytes);
        } else {
            lock(pending).insert(id, (request, bytes));
        }
        wire::write(broker, &frame)?;
    }
}

fn pass_answers(
    broker: &TcpStream,
    client: &TcpStream,
    pending: &Pending,
    shared: &Shared,
) -> io::Result<()> {
    loop {
        let mut frame = wire::read(broker)?;
        let request = wire::answered_id(&frame).and_then(|id| lock(pending).remove(&id));
        if let Some((request, bytes)) = request {
            count_answer(&shared.backlog, request, bytes);
            wire::set_port(&mut frame, request, shared.address.port());
        }
        wire::write(client, &frame)?;
    }
}

fn count_answer(backlog: &Backlog, request: Request, bytes: u64) {
    if let Request::Produce { .. } = request {
        backlog.answer(bytes);
    }
}

fn lock(pending: &Pending) -> std::sync::MutexGuard<'_, HashMap<i32, (Request, u64)>> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}
