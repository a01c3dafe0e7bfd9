//! One service: where it is configured to be, and the instances found there.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use http::{HeaderValue, uri::Authority};
use tokio::time::Instant;

use super::{
    balance,
    instance::{Health, Instance},
    retry_budget::RetryBudget,
};
use crate::routes::Service;

const DEFAULT_PORT: u16 = 80;

/// One service.
pub struct Upstream {
    /// The name as in metrics.
    name: &'static str,
    endpoints: Mutex<Vec<Endpoint>>,
    instances: RwLock<Arc<[Arc<Instance>]>>,
    pub budget: RetryBudget,
}

/// A configured address of a service, and the instances that it stands for.
struct Endpoint {
    authority: Authority,
    /// The last addresses that a look-up gave.
    addresses: Vec<SocketAddr>,
}

impl Endpoint {
    fn new(authority: Authority) -> Self {
        let addresses = literal(&authority).into_iter().collect();
        Self { authority, addresses }
    }
}

impl Upstream {
    pub fn new(service: Service, authorities: Vec<Authority>) -> Self {
        let upstream = Self {
            name: service.name(),
            endpoints: Mutex::new(authorities.into_iter().map(Endpoint::new).collect()),
            instances: RwLock::new(Arc::default()),
            budget: RetryBudget::new(),
        };
        upstream.renew();
        upstream
    }

    /// Tells whether an instance is ready, as far as the last checks know.
    pub fn is_ready(&self) -> bool {
        self.instances().iter().any(|instance| instance.health() == Health::Ready)
    }

    /// Counts a request that is sent once more.
    pub fn count_retry(&self) {
        metrics::counter!("gateway_retries_total", "service" => self.name).increment(1);
    }

    /// Sets the numbers of instances. Their addresses are no labels: a resolver could make any number.
    pub fn measure(&self) {
        let instances = self.instances();
        for health in Health::ALL {
            let count = instances.iter().filter(|instance| instance.health() == health).count();
            let labels = [("service", self.name), ("health", health.name())];
            metrics::gauge!("gateway_instances", &labels).set(count as f64);
        }
    }

    pub fn pick(
        &self,
        tried: &[SocketAddr],
        may_repeat: bool,
        now: Instant,
    ) -> Option<Arc<Instance>> {
        let instances = self.instances.read().unwrap_or_else(PoisonError::into_inner);
        balance::pick(&instances, tried, may_repeat, now)
    }

    pub fn instances(&self) -> Arc<[Arc<Instance>]> {
        self.instances.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the configured addresses that are names, to be looked up.
    pub fn names(&self) -> Vec<Authority> {
        let endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let names = endpoints.iter().map(|endpoint| &endpoint.authority);
        names.filter(|authority| literal(authority).is_none()).cloned().collect()
    }

    /// Replaces the configured addresses by others, each with what a look-up gave for it. Without any address
    /// the old ones stay.
    pub fn replace(&self, endpoints: Vec<(Authority, Option<Vec<SocketAddr>>)>) {
        let endpoints: Vec<Endpoint> = endpoints
            .into_iter()
            .map(|(authority, addresses)| {
                let mut endpoint = Endpoint::new(authority);
                endpoint.addresses.extend(addresses.into_iter().flatten());
                endpoint
            })
            .collect();
        if endpoints.iter().all(|endpoint| endpoint.addresses.is_empty()) {
            tracing::warn!(
                service = self.name,
                "its new addresses cannot be found; the old ones stay"
            );
            return;
        }
        *self.endpoints.lock().unwrap_or_else(PoisonError::into_inner) = endpoints;
        self.renew();
    }

    /// Notes what a look-up of a name gave.
    pub fn set_addresses(&self, name: &Authority, addresses: Vec<SocketAddr>) {
        {
            let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
            let named = endpoints.iter_mut().find(|endpoint| endpoint.authority == *name);
            let Some(endpoint) = named.filter(|endpoint| endpoint.addresses != addresses) else {
                return;
            };
            tracing::info!(%name, ?addresses, "resolved");
            endpoint.addresses = addresses;
        }
        self.renew();
    }

    /// Makes the list of instances from the endpoints: those that stay keep their connections and what is
    /// known of them, and the others lose their connections.
    fn renew(&self) {
        let endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let mut instances = self.instances.write().unwrap_or_else(PoisonError::into_inner);
        let mut renewed: Vec<Arc<Instance>> = Vec::new();
        for endpoint in endpoints.iter() {
            // An authority is always a valid header.
            let Ok(host) = HeaderValue::from_str(endpoint.authority.as_str()) else { continue };
            for &address in &endpoint.addresses {
                if renewed.iter().any(|instance| instance.address == address) {
                    continue;
                }
                let known = instances.iter().find(|instance| instance.address == address).cloned();
                renewed
                    .push(known.unwrap_or_else(|| Arc::new(Instance::new(address, host.clone()))));
            }
        }
        for instance in instances.iter() {
            if !renewed.iter().any(|kept| kept.address == instance.address) {
                instance.pool.close();
            }
        }
        *instances = renewed.into();
    }
}

/// Returns the address that is not a name but an address already.
pub fn literal(authority: &Authority) -> Option<SocketAddr> {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    Some(SocketAddr::new(host.parse().ok()?, port(authority)))
}

/// Returns the port of an address, by default that of HTTP.
pub fn port(authority: &Authority) -> u16 {
    authority.port_u16().unwrap_or(DEFAULT_PORT)
}
