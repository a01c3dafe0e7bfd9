use std::sync::Arc;

use auth::{InternalToken, ServiceClient};
use events::Producer;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{names::Names, repo::versions::Versions, views::Views};

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub versions: Versions,
    pub producer: Arc<Producer>,
    pub names: Arc<Names>,
    pub views: Arc<Views>,
    /// Rung after a commit that wrote an event.
    pub outbox: Arc<Notify>,
}

impl AppState {
    pub fn new(
        pool: PgPool,
        versions: Versions,
        producer: Arc<Producer>,
        user_service: Vec<String>,
        token: InternalToken,
    ) -> anyhow::Result<Self> {
        let client = ServiceClient::new("user service", user_service, token)?;
        Ok(Self {
            pool,
            versions,
            producer,
            names: Arc::new(Names::new(client)),
            views: Arc::default(),
            outbox: Arc::default(),
        })
    }
}
