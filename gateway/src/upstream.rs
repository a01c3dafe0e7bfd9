//! The services behind the gateway: their instances, which of them gets a request, and what happens when
//! it gives no answer.

mod answer;
mod attempt;
mod balance;
mod connection;
mod framed;
mod health_checks;
mod instance;
mod outlier;
mod plain;
mod pool;
mod replay;
mod resolver;
mod retry_budget;
mod send;
mod service;
mod upload;

use std::{sync::Arc, time::Duration};

use http::uri::Authority;
use tokio::{task::JoinSet, time::timeout};

pub use answer::AnswerBody;
pub use attempt::{AttemptError, Outbound};
#[cfg(feature = "fuzzing")]
pub use plain::answer_head;
pub use resolver::{Resolve, Resolving, SystemResolver};
pub use send::send;
pub use service::Upstream;
pub use upload::Upload;

use crate::routes::Service;

/// The time that the first look-up of names has before the gateway serves without it.
const FIRST_LOOK_UP: Duration = Duration::from_secs(1);

/// All services.
pub struct Upstreams {
    /// In the order of [`Service::ALL`].
    services: Vec<Arc<Upstream>>,
    resolver: Arc<dyn Resolve>,
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

    /// Replaces the addresses of all services. A name is looked up before its service depends on it.
    pub async fn replace(&self, authorities: Vec<Vec<Authority>>) {
        for (upstream, authorities) in self.services.iter().zip(authorities) {
            let mut endpoints = Vec::new();
            for authority in authorities {
                let addresses = match service::literal(&authority) {
                    Some(_) => None,
                    None => resolver::addresses_of(&authority, self.resolver.as_ref()).await,
                };
                endpoints.push((authority, addresses));
            }
            upstream.replace(endpoints);
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
        health_checks::follow(&self.services).await;
    }
}
