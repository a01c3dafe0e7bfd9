//! The stores and the broker: those that settings name are used, the others are started.

use std::collections::HashMap;

use anyhow::{Context, anyhow, bail};
use local_broker::LocalBroker;
use promptforge::local::{record::Runs, secrets};
use reqwest::Url;
use tokio::task::spawn_blocking;

use super::{
    cluster_home,
    progress::{Line, Progress},
    stack::{CONSUMER_GROUP, Stack},
};
use crate::local::{
    account::Account,
    kafka::{self, KafkaKind, Node, NodePorts},
    mongo, ports,
    postgres::{self, Cluster, Durability},
};

/// The lines of parts that are not ready yet.
type Lines = HashMap<&'static str, Line>;

impl Stack {
    pub(super) async fn postgres(
        &mut self,
        progress: &Progress,
        lines: &mut Lines,
    ) -> anyhow::Result<String> {
        if let Some(url) = non_empty(&self.given.postgres_url) {
            self.record_part(
                "postgres",
                host_and_port(&url).context("POSTGRES_URL")?,
                Runs::Given,
            )?;
            return Ok(url);
        }
        let line = progress.line("postgres", "starting");
        let account = Account::needed()?;
        let home = cluster_home::choose(&self.dir, account);
        if let Some(remark) = &home.remark {
            progress.remark(remark);
        }
        let cluster = Cluster::new(home.path, account, Durability::Kept);
        let password_file = self.dir.secret("postgres-password");
        if !cluster.exists() {
            line.now("making a new cluster");
            // Before the cluster: one whose password nobody knows would be of no use.
            let password = secrets::read_or_create(&password_file, secrets::random_token)?;
            cluster.create(&password).await?;
        }
        let password = secrets::read_or_create(&password_file, || {
            bail!("there is a database, but its password is gone: put it back, or use --reset")
        })?;
        let mut chosen = self.dir.ports();
        let port = ports::choose(postgres::USUAL_PORT, chosen.postgres, ports::claim)?;
        chosen.postgres = Some(port);
        self.dir.write_ports(chosen)?;
        let spec = cluster.spec(port, &password, self.dir.log("postgres"))?;
        lines.insert(spec.name, line);
        self.launch(spec, format!("127.0.0.1:{port}"))?;
        Ok(postgres::url(port, &password))
    }

    pub(super) fn mongo(
        &mut self,
        progress: &Progress,
        lines: &mut Lines,
    ) -> anyhow::Result<String> {
        if let Some(uri) = non_empty(&self.given.mongodb_uri) {
            self.record_part("mongo", hosts(&uri), Runs::Given)?;
            return Ok(uri);
        }
        let program = mongo::Program::find(self.dir.path())?;
        let mut chosen = self.dir.ports();
        let port = ports::choose(mongo::USUAL_PORT, chosen.mongo, ports::claim)?;
        chosen.mongo = Some(port);
        self.dir.write_ports(chosen)?;
        let spec = program.spec(&self.dir.mongo(), port, self.dir.log("mongo"))?;
        lines.insert(spec.name, progress.line(spec.name, "starting"));
        self.launch(spec, format!("127.0.0.1:{port}"))?;
        Ok(mongo::uri(port))
    }

    pub(super) async fn kafka(
        &mut self,
        progress: &Progress,
        lines: &mut Lines,
    ) -> anyhow::Result<String> {
        if let Some(brokers) = non_empty(&self.given.kafka_brokers) {
            self.record_part("kafka", brokers.clone(), Runs::Given)?;
            return Ok(brokers);
        }
        let program = kafka::Program::find(self.dir.path());
        match (self.given.kafka, program) {
            (Some(KafkaKind::Memory), _) | (None, Err(_)) => self.broker_in_memory().await,
            (Some(KafkaKind::Apache) | None, program) => {
                self.apache_kafka(program?, progress, lines).await
            }
        }
    }

    async fn apache_kafka(
        &mut self,
        program: kafka::Program,
        progress: &Progress,
        lines: &mut Lines,
    ) -> anyhow::Result<String> {
        let line = progress.line("kafka", "starting");
        let fleet = self.ports;
        let is_usable = |port| !fleet.contains(port) && ports::claim(port);
        let mut chosen = self.dir.ports();
        let broker = ports::choose(kafka::USUAL_PORT, chosen.kafka, is_usable)?;
        let after = broker.saturating_add(1);
        let controller = ports::choose(after, chosen.kafka_controller, |port| {
            port != broker && is_usable(port)
        })?;
        chosen.kafka = Some(broker);
        chosen.kafka_controller = Some(controller);
        self.dir.write_ports(chosen)?;
        let (node, ports) =
            (Node::new(program, self.dir.kafka()), NodePorts { broker, controller });
        if !node.exists() {
            line.now("making a new cluster");
            node.format(ports).await?;
        }
        let spec = node.spec(ports, self.dir.log("kafka"))?;
        lines.insert(spec.name, line);
        let address = format!("127.0.0.1:{broker}");
        self.launch(spec, address.clone())?;
        Ok(address)
    }

    async fn broker_in_memory(&mut self) -> anyhow::Result<String> {
        let broker = spawn_blocking(|| LocalBroker::start_bounded(CONSUMER_GROUP)).await?;
        let broker = broker.context("cannot start the Kafka broker")?;
        let address = broker.address().to_owned();
        self.broker = Some(broker);
        self.record_part("kafka", address.clone(), Runs::InLauncher)?;
        Ok(address)
    }
}

/// Returns a setting unless it is empty.
fn non_empty(setting: &Option<String>) -> Option<String> {
    setting.clone().filter(|value| !value.trim().is_empty())
}

/// Returns host and port of a URL, without user and password.
fn host_and_port(url: &str) -> anyhow::Result<String> {
    let url = Url::parse(url).map_err(|_| anyhow!("not a URL"))?;
    let host = url.host_str().unwrap_or("localhost");
    Ok(format!("{host}:{}", url.port().unwrap_or(postgres::USUAL_PORT)))
}

/// Returns the hosts of a MongoDB URI, without user and password.
fn hosts(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_passwords() {
        assert_eq!(host_and_port("postgres://me:secret@db/postgres").unwrap(), "db:5432");
        assert_eq!(hosts("mongodb://me:secret@a:1,b:2/promptforge_db?w=1"), "a:1,b:2");
        assert_eq!(hosts("mongodb+srv://cluster.example.com"), "cluster.example.com");
    }
}
