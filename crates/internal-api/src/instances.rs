//! The instances of the service that a client asks: each address of each name is one.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_kit::resolve::{Resolve, addresses_of};
use reqwest::Url;
use tokio::time::Instant;

/// The time after which a name is looked up again.
const PERIOD: Duration = Duration::from_secs(2);

/// One address of a service, or the name of one that is not looked up here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub url: Url,
    /// The `Host` header, where the URL holds an address instead of a name.
    pub host: Option<String>,
}

/// The configured URLs of a service, and the instances found there.
pub struct Instances {
    urls: Vec<Url>,
    resolver: Arc<dyn Resolve>,
    state: Mutex<State>,
}

struct State {
    /// The last addresses of each URL; none where it is no name, or was never found.
    addresses: Vec<Vec<SocketAddr>>,
    list: Arc<[Instance]>,
    /// When the names are to be looked up again; `None` without names.
    next_look_up: Option<Instant>,
}

impl Instances {
    pub fn new(urls: Vec<Url>, resolver: Arc<dyn Resolve>) -> Self {
        let addresses = vec![Vec::new(); urls.len()];
        let has_names = urls.iter().any(|url| name_of(url).is_some());
        let list = list(&urls, &addresses);
        let next_look_up = has_names.then(Instant::now);
        Self { urls, resolver, state: Mutex::new(State { addresses, list, next_look_up }) }
    }

    /// Returns the instances. The first caller after a while looks the names up; others go by what is known
    /// meanwhile.
    pub async fn current(&self) -> Arc<[Instance]> {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            match &mut state.next_look_up {
                Some(due) if *due <= now => *due = now + PERIOD,
                _ => return state.list.clone(),
            }
        }
        self.look_up().await
    }

    /// Looks the names up. One that cannot be found keeps its last addresses.
    async fn look_up(&self) -> Arc<[Instance]> {
        let mut found = Vec::new();
        for url in &self.urls {
            found.push(match name_of(url) {
                Some((host, port)) => addresses_of(host, port, self.resolver.as_ref()).await,
                None => None,
            });
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (addresses, found) in state.addresses.iter_mut().zip(found) {
            if let Some(found) = found {
                *addresses = found;
            }
        }
        state.list = list(&self.urls, &state.addresses);
        state.list.clone()
    }
}

/// Returns the name and port of a URL whose name is looked up: over TLS the name is needed to verify whom
/// it leads to.
fn name_of(url: &Url) -> Option<(&str, u16)> {
    let host = url.domain().filter(|_| url.scheme() == "http")?;
    Some((host, url.port_or_known_default()?))
}

fn list(urls: &[Url], addresses: &[Vec<SocketAddr>]) -> Arc<[Instance]> {
    let mut list = Vec::new();
    for (url, addresses) in urls.iter().zip(addresses) {
        if addresses.is_empty() {
            list.push(Instance { url: url.clone(), host: None });
        }
        for address in addresses {
            let mut at_address = url.clone();
            if at_address.set_ip_host(address.ip()).is_err() {
                continue;
            }
            let host = url.host_str().map(|host| match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            });
            list.push(Instance { url: at_address, host });
        }
    }
    list.into()
}
