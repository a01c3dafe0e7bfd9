//! Starts the parts in order, watches them, and stops them in order.

use std::{collections::HashMap, fmt::Write, mem, path::PathBuf, time::Duration};

use anyhow::{Context, anyhow, bail};
use futures_util::future::join_all;
use local_broker::LocalBroker;
use promptforge::{
    console,
    fleet::Process,
    local::{
        StateDir,
        process::ProcessId,
        record::{Record, Runs},
    },
    migrate,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::spawn_blocking,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    args::ExternalStores,
    fleet_ports::FleetPorts,
    progress::{Line, Progress},
    settings::{self, Addresses},
};
use crate::local::{
    part::{Part, PartEvent, PartReport},
    program::{self, DRAIN_TIMEOUT, ProgramSpec, log_tail},
};

/// The time in which parts must be ready after their start.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// The number of lines of a log that are shown if its part does not start.
const LOG_TAIL_LINES: usize = 15;

/// The parts that stop at the same time, first to last: the gateway takes no more requests, the services
/// finish theirs, analytics consumes the last events, and the stores go last.
const STOP_ORDER: [&[&str]; 4] = [
    &["gateway"],
    &["user", "prompt", "test", "marketplace"],
    &["analytics"],
    &["mongo", "postgres", "kafka"],
];

/// The consumer group of analytics: events that it has not consumed are lost with a broker in memory.
pub(super) const CONSUMER_GROUP: &str = "analytics";

/// The launcher's stack: its parts, the broker, and their record.
pub struct Stack {
    pub(super) dir: StateDir,
    pub(super) given: ExternalStores,
    pub(super) ports: FleetPorts,
    /// The directory of the web client, if that is served.
    web_dir: Option<PathBuf>,
    /// The program whose processes make the fleet.
    program: PathBuf,
    record: Record,
    parts: Vec<Part>,
    /// The broker in memory, if that kind runs.
    pub(super) broker: Option<LocalBroker>,
    reporter: UnboundedSender<PartReport>,
    reports: UnboundedReceiver<PartReport>,
}

impl Stack {
    pub fn new(
        dir: StateDir,
        given: ExternalStores,
        ports: FleetPorts,
        web_dir: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let (reporter, reports) = unbounded_channel();
        let program = program::promptforge()?;
        let own = ProcessId::of(std::process::id()).context("cannot read /proc")?;
        let mut record = Record::new(own);
        record.has_web_client = web_dir.is_some();
        dir.write_record(&record)?;
        let (parts, broker) = (Vec::new(), None);
        Ok(Self { dir, given, ports, web_dir, program, record, parts, broker, reporter, reports })
    }

    pub fn dir(&self) -> &StateDir {
        &self.dir
    }

    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Starts everything and returns when all is ready. After an error, or if the future is dropped,
    /// [`Stack::stop`] stops the parts that were started.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let progress = Progress::new();
        let mut lines = HashMap::new();
        let postgres = self.postgres(&progress, &mut lines).await?;
        let mongo = self.mongo(&progress, &mut lines)?;
        let kafka = self.kafka(&progress, &mut lines).await?;
        self.wait_until_ready(lines).await?;

        let line = progress.line("databases", "migrating");
        migrate::all_on(&postgres).await.context("cannot migrate")?;
        line.done("up to date");

        let addresses =
            Addresses { fleet: self.ports, postgres, mongo, kafka, web_dir: self.web_dir.clone() };
        // It asks this machine only, where no certificate names the address.
        let http =
            reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build()?;
        let mut lines = HashMap::new();
        // In the order of the table, bottom up; all of them start at the same time.
        for process in Process::ALL.into_iter().rev() {
            let spec = settings::spec(process, &self.program, &self.dir, &addresses, &http)?;
            let address = format!("http://localhost:{}", self.ports.of(process));
            lines.insert(spec.name, progress.line(spec.name, "starting"));
            self.launch(spec, address)?;
        }
        self.wait_until_ready(lines).await
    }

    /// Starts a part and records it.
    pub(super) fn launch(&mut self, spec: ProgramSpec, address: String) -> anyhow::Result<()> {
        self.record_part(spec.name, address, Runs::Starting)?;
        self.parts.push(Part::start(spec, self.reporter.clone()));
        Ok(())
    }

    /// Records a part.
    pub(super) fn record_part(
        &mut self,
        name: &str,
        address: String,
        runs: Runs,
    ) -> anyhow::Result<()> {
        self.record.add(name, address, runs);
        self.dir.write_record(&self.record)
    }

    /// Waits until each of these parts is ready, and shows it on its line.
    async fn wait_until_ready(
        &mut self,
        mut lines: HashMap<&'static str, Line>,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !lines.is_empty() {
            let Ok(report) = timeout_at(deadline, self.reports.recv()).await else {
                let mut late: Vec<_> = lines.keys().copied().collect();
                late.sort_unstable();
                let mut text =
                    format!("not ready after {} s: {}", START_TIMEOUT.as_secs(), late.join(", "));
                for name in late {
                    write!(text, "\n{}", self.describe_log(name))?;
                }
                bail!(text);
            };
            let Some(PartReport { part, event }) = report else { return Ok(()) };
            let line = lines.get(part);
            match event {
                PartEvent::Started(process) => {
                    self.record.set_process(part, process);
                    self.dir.write_record(&self.record)?;
                }
                PartEvent::Ready => {
                    if let Some(line) = lines.remove(part) {
                        line.done("ready");
                    }
                }
                PartEvent::Exited { how, again_in } => {
                    if let Some(line) = line {
                        line.now(&format!(
                            "ended ({how}); again in {:.1} s",
                            again_in.as_secs_f32()
                        ));
                    }
                }
                PartEvent::GaveUp { how } => {
                    return Err(anyhow!(
                        "{part} does not start ({how}).\n{}",
                        self.describe_log(part)
                    ));
                }
            }
        }
        Ok(())
    }

    fn describe_log(&self, name: &str) -> String {
        let log = self.dir.log(name);
        match log_tail(&log, LOG_TAIL_LINES) {
            words if words.is_empty() => format!("{} is empty.", log.display()),
            words => format!("The last lines of {}:\n{}", log.display(), words.trim_end()),
        }
    }

    /// Records that the stack is ready, for other processes.
    pub fn mark_ready(&mut self) -> anyhow::Result<()> {
        self.record.ready = true;
        self.dir.write_record(&self.record)
    }

    /// Prints the events of the parts until shutdown.
    pub async fn watch(&mut self, shutdown: &CancellationToken) {
        loop {
            let PartReport { part, event } = tokio::select! {
                () = shutdown.cancelled() => return,
                Some(report) = self.reports.recv() => report,
            };
            match event {
                PartEvent::Started(process) => {
                    self.record.set_process(part, process);
                    if let Err(error) = self.dir.write_record(&self.record) {
                        console::eprint(&format!("{error:#}"));
                    }
                }
                PartEvent::Ready => console::eprint(&format!("{part} is ready again")),
                PartEvent::Exited { how, again_in } => console::eprint(&format!(
                    "{part} ended ({how}); starting it again in {:.1} s",
                    again_in.as_secs_f32()
                )),
                PartEvent::GaveUp { how } => {
                    console::eprint(&format!("{part} cannot be started again: {how}"));
                }
            }
        }
    }

    /// Stops all parts, in order.
    pub async fn stop(mut self) {
        self.record.ready = false;
        // Without the write, others only do not see that the stack is about to end.
        let _ = self.dir.write_record(&self.record);
        let mut parts = mem::take(&mut self.parts);
        for names in STOP_ORDER {
            let running = parts.iter().any(|part| part.name() == "analytics");
            if let Some(broker) = &self.broker
                && names.contains(&"analytics")
                && running
            {
                // Events in the broker are lost with it.
                if let Err(error) = wait_until_consumed(broker).await {
                    console::eprint(&format!("events may be lost: {error:#}"));
                }
            }
            let now: Vec<Part> =
                parts.extract_if(.., |part| names.contains(&part.name())).collect();
            if !now.is_empty() {
                let names: Vec<_> = now.iter().map(Part::name).collect();
                console::eprint(&format!("stopping {}", names.join(", ")));
                join_all(now.into_iter().map(Part::stop)).await;
            }
            if names.contains(&"analytics") {
                self.broker = None;
            }
        }
        self.dir.clear_record();
        console::eprint("stopped");
    }
}

/// Waits until analytics has consumed everything that the broker holds.
async fn wait_until_consumed(broker: &LocalBroker) -> anyhow::Result<()> {
    let caught_up = async {
        loop {
            let address = broker.address().to_owned();
            let lag = spawn_blocking(move || local_broker::lag(&address, CONSUMER_GROUP)).await??;
            if lag == 0 {
                return anyhow::Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let caught_up = timeout(DRAIN_TIMEOUT, caught_up).await;
    caught_up.context("analytics has not consumed them all in time")?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_has_its_place_in_the_stop_order() {
        let ordered: Vec<_> = STOP_ORDER.into_iter().flatten().copied().collect();
        for process in Process::ALL {
            assert!(ordered.contains(&process.name()), "{}", process.name());
        }
    }
}
