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
    task::JoinSet,
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
        let mut cores = JoinSet::new();
        for (i, listener) in self.listeners.into_iter().enumerate() {
            let (serve, stop) = (serve.clone(), stop.clone());
            let (ended, end) = oneshot::channel();
            let work = move || {
                let _ = ended.send(serve_core(listener, |listener| serve(i, listener, stop)));
            };
            thread::Builder::new().name(format!("core-{i}")).spawn(work)?;
            // A core that panics drops its sender.
            cores.spawn(async { end.await.unwrap_or_else(|_| Err(anyhow!("a core has failed"))) });
        }
        let mut result = Ok(());
        // In the order in which they end: the first that fails takes the others with it.
        while let Some(ended) = cores.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(error.into()));
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

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A core, and the name of the thread that accepted a connection for it.
    type Accepted = (usize, Option<String>);

    async fn cores() -> (Cores, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Cores::listen(listener).unwrap(), address)
    }

    /// Accepts connections until `stop`, and notes the core and the thread that accepted each.
    async fn accept(
        core: usize,
        listener: TcpListener,
        stop: CancellationToken,
        accepted: Arc<Mutex<Vec<Accepted>>>,
    ) {
        while let Some(Ok((mut stream, _))) = stop.run_until_cancelled(listener.accept()).await {
            let name = thread::current().name().map(str::to_owned);
            accepted.lock().unwrap().push((core, name));
            let _ = stream.write_all(b"x").await;
        }
    }

    #[tokio::test]
    async fn each_core_accepts_connections_on_its_own_thread_until_the_stop() {
        let (cores, address) = cores().await;
        let count = cores.listeners.len();
        let accepted = Arc::new(Mutex::new(Vec::new()));
        let (stop, log) = (CancellationToken::new(), accepted.clone());
        let serve = move |core, listener, stop| accept(core, listener, stop, log.clone());
        let serving = tokio::spawn(cores.serve(serve, stop.clone()));
        let is_everyone =
            |log: &[Accepted]| (0..count).all(|core| log.iter().any(|(by, _)| *by == core));
        // The kernel spreads connections by their ports, so that some dozens reach every core.
        let all = async {
            while !is_everyone(&accepted.lock().unwrap()) {
                let mut stream = TcpStream::connect(address).await.unwrap();
                tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap();
            }
        };
        timeout(PATIENCE, all).await.expect("a core accepts nothing");
        for (core, name) in accepted.lock().unwrap().iter() {
            assert_eq!(*name, Some(format!("core-{core}")));
        }
        stop.cancel();
        timeout(PATIENCE, serving).await.expect("it does not end").unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "a listener is still open");
    }

    #[tokio::test]
    async fn a_core_that_fails_ends_all_of_them() {
        let (cores, _) = cores().await;
        let others = Arc::new(AtomicUsize::new(0));
        let (count, ended) = (cores.listeners.len(), others.clone());
        let serve = move |core, _listener, stop: CancellationToken| {
            let ended = ended.clone();
            async move {
                assert_ne!(core, count - 1, "this core fails");
                stop.cancelled().await;
                ended.fetch_add(1, Ordering::Relaxed);
            }
        };
        let stop = CancellationToken::new();
        let served = timeout(PATIENCE, cores.serve(serve, stop.clone())).await;
        let error = served.expect("the others go on").unwrap_err();
        assert_eq!(error.to_string(), "a core has failed");
        assert!(stop.is_cancelled());
        assert_eq!(others.load(Ordering::Relaxed), count - 1);
    }

    #[tokio::test]
    async fn an_address_that_another_process_could_share_is_still_refused_to_a_second_gateway() {
        let (cores, address) = cores().await;
        assert!(TcpListener::bind(address).await.is_err());
        drop(cores);
        assert!(TcpListener::bind(address).await.is_ok());
    }
}
