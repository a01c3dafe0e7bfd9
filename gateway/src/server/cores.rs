//! A runtime for each core, whose connections never move to another.

use std::{
    io,
    net::{self, SocketAddr},
    thread,
};

use anyhow::{Context, anyhow};
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime,
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

/// The number of connections that wait in the kernel for each core.
const BACKLOG: u32 = 1024;

/// A listener for each core.
pub struct Cores {
    listeners: Vec<net::TcpListener>,
}

impl Cores {
    /// Replaces a listener by one for each core at the same address; the kernel spreads connections over
    /// them. That the given one could listen has shown that no other process has the address: listeners
    /// that share one would not.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn listen(listener: TcpListener) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        drop(listener);
        let count = thread::available_parallelism().map_or(1, usize::from);
        let listeners = (0..count).map(|_| listen(address)).collect::<Result<_, _>>();
        Ok(Self { listeners: listeners.with_context(|| format!("cannot listen on {address}"))? })
    }

    /// Calls `serve` on the runtime of each core, with the number of the core, until `stop`.
    ///
    /// # Errors
    /// When a core cannot be started, or fails.
    pub async fn serve<F: Future<Output = ()>>(
        self,
        serve: impl Fn(usize, TcpListener, CancellationToken) -> F + Clone + Send + 'static,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut cores = Vec::new();
        for (i, listener) in self.listeners.into_iter().enumerate() {
            let (serve, stop) = (serve.clone(), stop.clone());
            let (ended, end) = oneshot::channel();
            let work = move || {
                let _ = ended.send(serve_core(listener, |listener| serve(i, listener, stop)));
            };
            thread::Builder::new().name(format!("core-{i}")).spawn(work)?;
            cores.push(end);
        }
        let mut result = Ok(());
        for end in cores {
            // A core that panics drops its sender.
            let ended = end.await.unwrap_or_else(|_| Err(anyhow!("a core has failed")));
            if ended.is_err() {
                stop.cancel();
            }
            result = result.and(ended);
        }
        result
    }
}

fn serve_core<F: Future<Output = ()>>(
    listener: net::TcpListener,
    serve: impl FnOnce(TcpListener) -> F,
) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        serve(TcpListener::from_std(listener)?).await;
        Ok(())
    })
}

fn listen(address: SocketAddr) -> io::Result<net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
