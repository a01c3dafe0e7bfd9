//! The services behind the gateway: their instances, which of them gets a request, and what happens when
//! it gives no answer.

mod answer;
mod attempt;
mod balance;
mod health_checks;
mod instance;
mod outlier;
mod pool;
mod resolver;
mod retry_budget;
mod send;
mod upload;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use http::{HeaderValue, uri::Authority};
use tokio::{task::JoinSet, time::timeout};

pub use attempt::{AttemptError, Outbound};
pub use resolver::{Resolve, Resolving, SystemResolver};
pub use send::send;
pub use upload::Upload;

use crate::routes::Service;
use instance::{Health, Instance};
use resolver::Endpoint;
use retry_budget::RetryBudget;

/// The time that the first look-up of names has before the gateway serves without it.
const FIRST_LOOK_UP: Duration = Duration::from_secs(1);

/// All services.
pub struct Upstreams {
    /// In the order of [`Service::ALL`].
    services: Vec<Arc<Upstream>>,
    resolver: Arc<dyn Resolve>,
}

/// One service.
pub struct Upstream {
    name: &'static str,
    endpoints: Mutex<Vec<Endpoint>>,
    instances: RwLock<Arc<[Arc<Instance>]>>,
    budget: RetryBudget,
}

impl Upstreams {
    /// `authorities` are those of each service, in the order of [`Service::ALL`].
    pub fn new(authorities: Vec<Vec<Authority>>, resolver: Arc<dyn Resolve>) -> Self {
        let services = Service::ALL.into_iter().zip(authorities);
        let services = services.map(|(service, list)| Arc::new(Upstream::new(service, list)));
        Self { services: services.collect(), resolver }
    }

    pub fn of(&self, service: Service) -> &Upstream {
        &self.services[service.index()]
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.services.iter()
    }

    /// Looks all names up once, for as long as a start may take.
    pub async fn look_up(&self) {
        let mut look_ups = JoinSet::new();
        for upstream in &self.services {
            let (upstream, resolver) = (upstream.clone(), self.resolver.clone());
            look_ups.spawn(async move { resolver::look_up(&upstream, resolver.as_ref()).await });
        }
        let all = async { while look_ups.join_next().await.is_some() {} };
        if timeout(FIRST_LOOK_UP, all).await.is_err() {
            tracing::warn!("not all services could be resolved yet");
        }
    }

    /// Looks names up again and again, until the task is dropped.
    pub async fn follow_names(&self) {
        let mut look_ups = JoinSet::new();
        for upstream in &self.services {
            let (upstream, resolver) = (upstream.clone(), self.resolver.clone());
            look_ups.spawn(async move { resolver::follow(&upstream, &resolver).await });
        }
        while look_ups.join_next().await.is_some() {}
    }

    /// Checks instances again and again, until the task is dropped.
    pub async fn check_health(&self) {
        health_checks::follow(self).await;
    }
}

impl Upstream {
    fn new(service: Service, authorities: Vec<Authority>) -> Self {
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
    fn count_retry(&self) {
        metrics::counter!("gateway_retries_total", "service" => self.name).increment(1);
    }

    /// Sets the numbers of instances. Their addresses are no labels: a resolver could make any number.
    fn measure(&self) {
        let instances = self.instances();
        for health in Health::ALL {
            let count = instances.iter().filter(|instance| instance.health() == health).count();
            let labels = [("service", self.name), ("health", health.name())];
            metrics::gauge!("gateway_instances", &labels).set(count as f64);
        }
    }

    fn pick(&self, tried: &[SocketAddr], may_repeat: bool) -> Option<Arc<Instance>> {
        balance::pick(&self.instances(), tried, may_repeat)
    }

    fn instances(&self) -> Arc<[Arc<Instance>]> {
        self.instances.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn names(&self) -> Vec<Authority> {
        resolver::names(&self.endpoints.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what a look-up of a name gave.
    fn set_addresses(&self, name: &Authority, addresses: Vec<SocketAddr>) {
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
