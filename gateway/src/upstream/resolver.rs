//! From names to addresses: a name may stand for many instances, and its addresses come and go.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::uri::Authority;
pub use http_kit::resolve::{Resolve, Resolving, SystemResolver};
use tokio::time::sleep;

use super::{
    balance::random_fraction,
    service::{Upstream, port},
};

/// The time between two look-ups of a name: what a name server says of how long its answer holds cannot
/// be seen.
const PERIOD: Duration = Duration::from_secs(2);

/// The time between two look-ups while no address is known.
const SHORT_PERIOD: Duration = Duration::from_millis(250);

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
    http_kit::resolve::addresses_of(name.host(), port(name), resolver).await
}
