//! The arguments of `up`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use promptforge::local::state_dir;

use super::fleet_ports::PortArgs;
use crate::local::kafka::KafkaKind;

/// Run the whole fleet on this machine, with the stores it needs
///
/// Starts Postgres, a MongoDB-protocol server and a Kafka-protocol broker unless settings say where
/// they are, migrates the databases, and runs the six processes until Ctrl-C.
#[derive(clap::Args)]
pub struct Args {
    /// Go on in the background once everything is ready
    #[arg(short, long)]
    pub detach: bool,
    /// Clear all data first
    #[arg(long)]
    pub reset: bool,
    /// The directory for data, secrets and logs
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    pub state_dir: PathBuf,
    /// The build of the web client that the gateway serves; gateway/web/dist where that is there
    #[arg(long, env = "WEB_DIR", value_name = "DIR")]
    pub web_dir: Option<String>,
    /// This process was made by --detach
    #[arg(long, hide = true)]
    pub detached: bool,
    #[command(flatten)]
    pub ports: PortArgs,
    #[command(flatten)]
    pub given: ExternalStores,
}

impl Args {
    /// Returns the directory of the web client; `None` where nothing is built, and for an empty setting.
    ///
    /// # Errors
    /// When the directory that was asked for is not there.
    pub fn web_dir(&self) -> anyhow::Result<Option<PathBuf>> {
        const DEFAULT: &str = "gateway/web/dist";
        let dir = match &self.web_dir {
            Some(dir) if dir.is_empty() => return Ok(None),
            Some(dir) => Path::new(dir),
            None if Path::new(DEFAULT).join("index.html").is_file() => Path::new(DEFAULT),
            None => return Ok(None),
        };
        let found = dir.canonicalize();
        Ok(Some(found.with_context(|| format!("no web client in {}", dir.display()))?))
    }
}

/// Stores and a broker that run elsewhere.
#[derive(clap::Args)]
pub struct ExternalStores {
    /// Use this Postgres: postgres://user:password@host:port/postgres
    #[arg(long, env = "POSTGRES_URL", hide_env_values = true)]
    pub postgres_url: Option<String>,
    /// Use this MongoDB
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: Option<String>,
    /// Use this Kafka: host:port, comma-separated
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: Option<String>,
    /// The broker to start; Apache Kafka where its jars and Java are, else one in memory
    #[arg(long, value_name = "KIND", conflicts_with = "kafka_brokers")]
    pub kafka: Option<KafkaKind>,
}
