//! The pool of connections, its settings and its deadlines.

use std::{str::FromStr, time::Duration};

use http_kit::config::Env;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// The time for which a request waits for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The address of a database, and the size of its pool.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    options: PgConnectOptions,
    max_connections: u32,
}

impl PoolConfig {
    /// Reads `DATABASE_URL` and `DATABASE_MAX_CONNECTIONS` (default 8: on few cores more only adds
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
                // The URL holds the password, and is not repeated.
                env.problem("DATABASE_URL", &format!("is not a Postgres URL: {error}"));
                PgConnectOptions::new_without_pgpass()
            }
        };
        Self { options, max_connections }
    }
}

/// Makes a pool that connects when first asked, so that a process starts, and recovers, whether or not
/// its database is there.
pub fn pool(config: &PoolConfig, application: &str) -> PgPool {
    let options = config
        .options
        .clone()
        .application_name(application)
        // No statement of ours should run this long; one that does must not hold a connection.
        .options([
            ("statement_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "15s"),
            // Statements that look up thousands of keys are estimated to be expensive, and compiling one
            // takes longer than running it.
            ("jit", "off"),
        ]);
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A ping before each use costs a third of the throughput; a dead connection is found by
        // its first query, which answers 503 and drops it.
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// Checks, for readiness, that the database answers.
///
/// # Errors
/// When it is not.
pub async fn ping(pool: PgPool) -> anyhow::Result<()> {
    sqlx::query("select 1").execute(&pool).await?;
    Ok(())
}
