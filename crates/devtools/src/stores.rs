//! `promptforge-dev stores`: throwaway stores around one command, for tests.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus},
    time::Duration,
};

use anyhow::{Context, bail};
use promptforge::{
    console,
    local::{
        process, secrets,
        state_dir::{self, remove},
    },
};
use rustix::process::Signal;
use tokio::{
    process::{Child, Command},
    sync::mpsc::unbounded_channel,
    time::timeout,
};

use crate::local::{
    account::Account,
    kafka::{self, KafkaKind, Node, NodePorts},
    mongo,
    part::{Part, PartEvent},
    ports,
    postgres::{self, Cluster, Durability},
    program::{ProgramSpec, STOP_TIMEOUT, log_tail},
    signals,
};

/// The time in which the stores must be ready.
const START: Duration = Duration::from_secs(60);

/// Run a command with a throwaway Postgres and MongoDB, in DATABASE_URL and MONGODB_URI
///
/// A store whose variable is set already is used as it is. The exit code is the command's. With
/// --kafka apache there is an Apache Kafka, too, in TEST_KAFKA_BROKERS, which tests then use in place of
/// brokers in memory of their own.
#[derive(clap::Args)]
pub struct Args {
    /// The state directory of `up`, in which only programs of stores are looked for
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
    /// The broker for tests
    #[arg(long, value_name = "KIND", default_value = "memory")]
    kafka: KafkaKind,
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let dir = scratch_dir()?;
    let mut parts = Vec::new();
    let mut settings = Vec::new();
    let outcome = async {
        tokio::select! {
            started = start(&args, &dir, &mut parts, &mut settings) => started?,
            () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
        }
        let (program, rest) = args.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(rest).envs(settings).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot run {program:?}"))?;
        let status = tokio::select! {
            status = child.wait() => status?,
            () = shutdown.cancelled() => stop(&mut child).await?,
        };
        Ok(exit_code(status))
    };
    let outcome = outcome.await;
    for part in parts {
        part.stop().await;
    }
    remove(&dir)?;
    outcome
}

/// Starts the stores that no variable names. After an error too, `parts` holds those that were started.
async fn start(
    args: &Args,
    dir: &Path,
    parts: &mut Vec<Part>,
    settings: &mut Vec<(&'static str, String)>,
) -> anyhow::Result<()> {
    let (reporter, mut reports) = unbounded_channel();
    let mut waiting = Vec::new();
    let mut launch = |spec: ProgramSpec| {
        waiting.push((spec.name, spec.log.clone()));
        parts.push(Part::start(spec, reporter.clone()));
    };
    if is_unset("MONGODB_URI") {
        let program = mongo::Program::find(&args.state_dir)?;
        let port = ports::any_free()?;
        launch(program.spec(&dir.join("mongo"), port, dir.join("mongo.log"))?);
        settings.push(("MONGODB_URI", mongo::uri(port)));
    }
    if is_unset("DATABASE_URL") {
        let home = dir.join("postgres");
        let cluster = Cluster::new(home, Account::needed()?, Durability::Throwaway);
        let password = secrets::random_token()?;
        cluster.create(&password).await?;
        let port = ports::any_free()?;
        launch(cluster.spec(port, &password, dir.join("postgres.log"))?);
        settings.push(("DATABASE_URL", postgres::url(port, &password)));
    }
    if args.kafka == KafkaKind::Apache && is_unset("TEST_KAFKA_BROKERS") {
        let node = Node::new(kafka::Program::find(&args.state_dir)?, dir.join("kafka"));
        let ports = NodePorts { broker: ports::any_free()?, controller: ports::any_free()? };
        node.format(ports).await?;
        launch(node.spec(ports, dir.join("kafka.log"))?);
        settings.push(("TEST_KAFKA_BROKERS", format!("127.0.0.1:{}", ports.broker)));
    }
    while !waiting.is_empty() {
        let report = timeout(START, reports.recv()).await;
        let report = report.ok().flatten().context("the stores are not ready after a minute")?;
        match report.event {
            PartEvent::Ready => waiting.retain(|(name, _)| *name != report.part),
            PartEvent::GaveUp { how } => {
                let log = waiting.iter().find(|(name, _)| *name == report.part);
                let words = log.map(|(_, log)| log_tail(log, 15)).unwrap_or_default();
                bail!("{} does not start ({how}):\n{}", report.part, words.trim_end());
            }
            PartEvent::Started(_) | PartEvent::Exited { .. } => {}
        }
    }
    Ok(())
}

/// Makes a directory that the account of Postgres can enter, and whose list it cannot read.
fn scratch_dir() -> anyhow::Result<PathBuf> {
    let dir = env::temp_dir().join(format!("promptforge-stores-{}", std::process::id()));
    remove(&dir)?;
    fs::DirBuilder::new()
        .mode(0o711)
        .create(&dir)
        .with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

fn is_unset(name: &str) -> bool {
    env::var_os(name).is_none_or(|value| value.is_empty())
}

/// Stops the command. Ctrl-C in a terminal has reached it already; a signal to this process has not.
async fn stop(child: &mut Child) -> anyhow::Result<ExitStatus> {
    if let Some(pid) = child.id() {
        process::send_signal(pid, Signal::TERM);
    }
    match timeout(STOP_TIMEOUT, child.wait()).await {
        Ok(status) => Ok(status?),
        Err(_) => {
            console::eprint("the command does not end; making it");
            child.kill().await?;
            Ok(child.wait().await?)
        }
    }
}

/// Returns the command's own code, or the code by which shells report a signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
