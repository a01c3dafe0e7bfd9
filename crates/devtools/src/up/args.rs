//! The arguments of `up`.

use std::path::PathBuf;

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
    /// This process was made by --detach
    #[arg(long, hide = true)]
    pub detached: bool,
    #[command(flatten)]
    pub ports: PortArgs,
    #[command(flatten)]
    pub given: ExternalStores,
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
