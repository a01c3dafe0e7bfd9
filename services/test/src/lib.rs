//! Being written.

use http_kit::config::Env;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub const PORT: u16 = 9003;

/// The schema of `test_service_db`.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/test");

pub struct Config;

impl Config {
    pub fn read(_: &mut Env) -> Self {
        Self
    }
}

pub async fn run(_: Config, _: TcpListener, _: CancellationToken) -> anyhow::Result<()> {
    Ok(())
}
