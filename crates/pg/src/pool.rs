use std::{str::FromStr, time::Duration};

use http_kit::config::Env;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// How long a request waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The database and how many connections to it.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    options: PgConnectOptions,
    max_connections: u32,
}

impl PoolConfig {
    /// From `DATABASE_URL` and `DATABASE_MAX_CONNECTIONS` (default 8: on few cores more only adds
    /// waiting, and the sum over all services must fit the server).
    pub fn read(env: &mut Env) -> Self {
        let max_connections = env.parse_or("DATABASE_MAX_CONNECTIONS", 8);
        if max_connections == 0 {
            env.problem("DATABASE_MAX_CONNECTIONS", "must be at least 1");
        }
        let url = env.required("DATABASE_URL");
        let options = match PgConnectOptions::from_str(&url) {
            Ok(options) => options,
            Err(_) if url.is_empty() => PgConnectOptions::new_without_pgpass(),
            Err(error) => {
                // The URL itself holds the password: it is not repeated.
                env.problem("DATABASE_URL", &format!("is not a Postgres URL: {error}"));
                PgConnectOptions::new_without_pgpass()
            }
        };
        Self { options, max_connections }
    }
}

/// A pool that connects when first asked, so that a process starts, and recovers, whether or not
/// its database is there.
pub fn pool(config: &PoolConfig, application: &str) -> PgPool {
    let options = config
        .options
        .clone()
        .application_name(application)
        // No statement of ours is meant to run this long; one that does must not hold a connection.
        .options([("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "15s")]);
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A ping before each use costs a third of the throughput; a dead connection is found by
        // its first query, which answers 503 and drops it.
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// For readiness: is the database answering?
///
/// # Errors
/// When it is not.
pub async fn ping(pool: PgPool) -> anyhow::Result<()> {
    sqlx::query("select 1").execute(&pool).await?;
    Ok(())
}
