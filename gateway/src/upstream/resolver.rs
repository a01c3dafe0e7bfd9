//! From names to addresses: a name may stand for many instances, and its addresses come and go.

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use http::uri::Authority;
use tokio::time::{sleep, timeout};

use super::{
    balance::random_fraction,
    service::{Upstream, port},
};

/// The time between two look-ups of a name: what a name server says of how long its answer holds cannot
/// be seen.
const PERIOD: Duration = Duration::from_secs(2);

/// The time between two look-ups while no address is known.
const SHORT_PERIOD: Duration = Duration::from_millis(250);

const DEADLINE: Duration = Duration::from_secs(2);

/// The most addresses of one name that are used.
const MAX_ADDRESSES: usize = 64;

pub type Resolving<'r> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'r>>;

/// A way to find the addresses of a name.
pub trait Resolve: Send + Sync {
    fn resolve<'r>(&'r self, host: &'r str, port: u16) -> Resolving<'r>;
}

/// The system's resolver.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'r>(&'r self, host: &'r str, port: u16) -> Resolving<'r> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// Looks the names of a service up, again and again, until the task is dropped.
pub async fn follow(upstream: &Upstream, resolver: &Arc<dyn Resolve>) {
    loop {
        look_up(upstream, resolver.as_ref()).await;
        let period = if upstream.instances().is_empty() { SHORT_PERIOD } else { PERIOD };
        sleep(period.mul_f64(0.9 + 0.2 * random_fraction())).await;
    }
}

/// Looks the names of a service up. A look-up that fails, or finds nothing, changes nothing: the
/// instances are more likely to be there than to have all gone.
pub async fn look_up(upstream: &Upstream, resolver: &dyn Resolve) {
    for name in upstream.names() {
        if let Some(addresses) = addresses_of(&name, resolver).await {
            upstream.set_addresses(&name, addresses);
        }
    }
}

/// Returns the addresses of a name; `None` if there are none or they cannot be found.
pub async fn addresses_of(name: &Authority, resolver: &dyn Resolve) -> Option<Vec<SocketAddr>> {
    let resolving = timeout(DEADLINE, resolver.resolve(name.host(), port(name))).await;
    match resolving.unwrap_or_else(|elapsed| Err(elapsed.into())) {
        Ok(mut addresses) => {
            addresses.sort_unstable();
            addresses.dedup();
            addresses.truncate(MAX_ADDRESSES);
            Some(addresses).filter(|addresses| !addresses.is_empty())
        }
        Err(error) => {
            tracing::debug!(%name, "cannot be resolved: {error}");
            None
        }
    }
}
