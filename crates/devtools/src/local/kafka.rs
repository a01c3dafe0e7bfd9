//! Apache Kafka on this machine: one node that is broker and controller, from jars that
//! `deploy/local/kafka/pom.xml` names.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::ValueEnum;
use promptforge::local::{
    secrets,
    state_dir::{create_private_dir, remove},
};
use rustix::process::Signal;
use tokio::process::Command;
use uuid::Uuid;

use super::{
    postgres::on_path,
    program::{Probe, ProgramSpec, private_settings},
};

pub const USUAL_PORT: u16 = 9092;

/// The oldest Java that Kafka runs on.
const OLDEST_JAVA: u32 = 17;

/// A variable that names the directory with Kafka's jars, where they are not in the state directory.
const LIB: &str = "PROMPTFORGE_KAFKA_LIB";

/// A kind of broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KafkaKind {
    /// Apache Kafka, which needs Java
    Apache,
    /// A broker in memory
    Memory,
}

impl KafkaKind {
    /// Returns the name, as an argument.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apache => "apache",
            Self::Memory => "memory",
        }
    }
}

/// Java and Kafka's jars.
#[derive(Clone, Debug)]
pub struct Program {
    java: PathBuf,
    lib: PathBuf,
}

impl Program {
    /// Finds the program.
    ///
    /// # Errors
    /// When Java or the jars are not there; the error says what is missing.
    pub fn find(state_dir: &Path) -> anyhow::Result<Self> {
        let lib = find_lib(state_dir).with_context(|| {
            format!(
                "no Apache Kafka in {}/kafka/lib: deploy/local/up.sh --kafka apache puts it there",
                state_dir.display()
            )
        })?;
        let java = find_java().context("no Java here: apt-get install default-jre-headless")?;
        let version = java_version(&java)?;
        ensure!(
            version >= OLDEST_JAVA,
            "{} is Java {version}, and Kafka needs {OLDEST_JAVA} or newer",
            java.display()
        );
        Ok(Self { java, lib })
    }

    /// Returns the arguments of Java that run a class of Kafka's.
    fn args(&self, heap: &str, class: &str) -> Vec<OsString> {
        let mut jars = self.lib.clone().into_os_string();
        jars.push("/*");
        vec![
            heap.into(),
            "-XX:+UseSerialGC".into(),
            // A broker without memory would stay, and answer nobody.
            "-XX:+ExitOnOutOfMemoryError".into(),
            "-Djava.awt.headless=true".into(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn".into(),
            "-Dorg.slf4j.simpleLogger.showDateTime=true".into(),
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX".into(),
            // It logs all settings, with as many lines.
            "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn".into(),
            "-cp".into(),
            jars,
            class.into(),
        ]
    }
}

/// The ports of a node.
#[derive(Clone, Copy, Debug)]
pub struct NodePorts {
    pub broker: u16,
    pub controller: u16,
}

/// A node with its data in one directory.
pub struct Node {
    program: Program,
    home: PathBuf,
}

impl Node {
    pub fn new(program: Program, home: PathBuf) -> Self {
        Self { program, home }
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn settings_file(&self) -> PathBuf {
        self.home.join("server.properties")
    }

    /// Tells whether the data directory was formatted.
    pub fn exists(&self) -> bool {
        self.data().join("meta.properties").is_file()
    }

    /// Formats the data directory of a new cluster. An interrupted attempt is removed first.
    ///
    /// # Errors
    /// When the directory cannot be used, or the formatting fails; the error has its output.
    pub async fn format(&self, ports: NodePorts) -> anyhow::Result<()> {
        create_private_dir(&self.home)
            .with_context(|| format!("cannot make {}", self.home.display()))?;
        let made = self.home.join("data.new");
        remove(&made)?;
        // It makes the directory's parents only.
        create_private_dir(&made)?;
        secrets::write(&self.settings_file(), &settings(&made, ports))?;
        // Of version 7, an id begins with a time: never with a hyphen, as an option does.
        let cluster = URL_SAFE_NO_PAD.encode(Uuid::now_v7().as_bytes());
        let mut format = Command::new(&self.program.java);
        format
            .args(self.program.args("-Xmx64m", "kafka.tools.StorageTool"))
            .args(["format", "--standalone", "--cluster-id", &cluster, "--config"])
            .arg(self.settings_file())
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        for name in private_settings() {
            format.env_remove(name);
        }
        let output = format.output().await.context("cannot run Java")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "Kafka cannot format its directory: {}", said.trim());
        // Only now: a directory that is half formatted must not be taken for a whole one.
        fs::rename(&made, self.data())?;
        Ok(())
    }

    /// Returns how to run the node, and writes its settings.
    ///
    /// # Errors
    /// When the settings cannot be written.
    pub fn spec(&self, ports: NodePorts, log: PathBuf) -> anyhow::Result<ProgramSpec> {
        secrets::write(&self.settings_file(), &settings(&self.data(), ports))?;
        let mut args = self.program.args("-Xmx384m", "kafka.Kafka");
        args.push(self.settings_file().into());
        Ok(ProgramSpec {
            name: "kafka",
            program: self.program.java.clone(),
            args,
            env: Vec::new(),
            unset: private_settings(),
            account: None,
            log,
            stop: Signal::TERM,
            probe: Probe::Kafka(ports.broker),
        })
    }
}

/// Returns the node's settings. Everything has one copy, since there is one node.
fn settings(data: &Path, ports: NodePorts) -> String {
    let NodePorts { broker, controller } = ports;
    let data = data.display();
    format!(
        "\
# Written by promptforge-dev at each start.
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
log.dirs={data}
# A reader that comes first would make a topic of one partition.
auto.create.topics.enable=false
num.partitions=6
default.replication.factor=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# By age alone: with a bound in bytes, what is not consumed yet could go.
log.retention.hours=168
log.segment.bytes=134217728
log.segment.delete.delay.ms=1000
log.index.size.max.bytes=1048576
# The default takes 128 MiB of the heap, for offsets of few groups.
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
"
    )
}

fn find_lib(state_dir: &Path) -> Option<PathBuf> {
    let given = env::var_os(LIB).map(PathBuf::from);
    let dirs = [Some(state_dir.join("kafka/lib")), given].into_iter().flatten();
    let mut dirs = dirs.filter_map(|dir| dir.canonicalize().ok());
    // The copy of the project file comes last, when all jars are there.
    dirs.find(|dir| dir.join("pom.xml").is_file())
}

fn find_java() -> Option<PathBuf> {
    let home = env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    home.filter(|java| java.is_file()).or_else(|| on_path("java"))
}

fn java_version(java: &Path) -> anyhow::Result<u32> {
    let output = std::process::Command::new(java).arg("-version").output();
    let output = output.with_context(|| format!("cannot run {}", java.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    parse_version(&said).with_context(|| format!("no version of {}: {said}", java.display()))
}

/// Reads the first number of `openjdk version "17.0.15" 2025-04-15`; old ones begin with `1.`.
fn parse_version(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("version \"")?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests;
