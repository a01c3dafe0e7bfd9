//! Looks up the addresses of a name, which may stand for many instances; its addresses come and go.

use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use tokio::time::timeout;

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

/// Returns the addresses of a name, in order; `None` if there are none or they cannot be found.
pub async fn addresses_of(
    host: &str,
    port: u16,
    resolver: &dyn Resolve,
) -> Option<Vec<SocketAddr>> {
    let resolving = timeout(DEADLINE, resolver.resolve(host, port)).await;
    match resolving.unwrap_or_else(|elapsed| Err(elapsed.into())) {
        Ok(mut addresses) => {
            addresses.sort_unstable();
            addresses.dedup();
            addresses.truncate(MAX_ADDRESSES);
            Some(addresses).filter(|addresses| !addresses.is_empty())
        }
        Err(error) => {
            tracing::debug!(host, "cannot be resolved: {error}");
            None
        }
    }
}
