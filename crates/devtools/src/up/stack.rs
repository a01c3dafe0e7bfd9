//! The parts: started in order, watched, stopped in order.

use std::{collections::HashMap, fmt::Write, mem, path::PathBuf, time::Duration};

use anyhow::{Context, anyhow, bail};
use events::local_broker::{self, LocalBroker};
use futures_util::future::join_all;
use promptforge::{
    console,
    fleet::Process,
    local::{
        StateDir,
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
    Given,
    fleet_ports::FleetPorts,
    own_record,
    progress::{Line, Progress},
    settings::{self, Addresses},
};
use crate::local::{
    part::{News, Part, Report},
    program::{self, Spec, tail},
};

/// How long parts may take to be ready the first time.
const START: Duration = Duration::from_secs(90);

/// How much of a log is shown when its part does not start.
const LAST_WORDS: usize = 15;

/// Parts that may stop at the same time, first to last: nothing is taken in any more, then what is
/// under way is finished, then analytics consumes what that left, and the stores go last.
const STOP_ORDER: [&[&str]; 4] = [
    &["gateway"],
    &["user", "prompt", "test", "marketplace"],
    &["analytics"],
    &["mongo", "postgres"],
];

/// What analytics is given to consume the last events, once nobody sends any more.
pub const LAST_EVENTS: Duration = Duration::from_secs(10);

/// The group that reads the events: what it has not consumed goes when the broker goes.
pub(super) const READER: &str = "analytics";

pub struct Stack {
    pub(super) dir: StateDir,
    pub(super) given: Given,
    ports: FleetPorts,
    /// The program whose processes make the fleet.
    program: PathBuf,
    record: Record,
    parts: Vec<Part>,
    pub(super) broker: Option<LocalBroker>,
    reporter: UnboundedSender<Report>,
    reports: UnboundedReceiver<Report>,
}

impl Stack {
    pub fn new(dir: StateDir, given: Given, ports: FleetPorts) -> anyhow::Result<Self> {
        let (reporter, reports) = unbounded_channel();
        let program = program::promptforge()?;
        let record = own_record()?;
        dir.write_record(&record)?;
        let (parts, broker) = (Vec::new(), None);
        Ok(Self { dir, given, ports, program, record, parts, broker, reporter, reports })
    }

    pub fn dir(&self) -> &StateDir {
        &self.dir
    }

    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Starts everything and returns when it is ready. Dropped half-way or failed, what was started
    /// is there for [`Stack::stop`].
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let progress = Progress::new();
        let mut lines = HashMap::new();
        let postgres = self.postgres(&progress, &mut lines).await?;
        let mongo = self.mongo(&progress, &mut lines)?;
        let kafka = self.kafka().await?;
        self.until_ready(lines).await?;

        let line = progress.line("databases", "migrating");
        migrate::all_on(&postgres).await.context("cannot migrate")?;
        line.done("up to date");

        let addresses = Addresses { fleet: self.ports, postgres, mongo, kafka };
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut lines = HashMap::new();
        // In the order of the table, bottom up; all of them come up at the same time.
        for process in Process::ALL.into_iter().rev() {
            let spec = settings::spec(process, &self.program, &self.dir, &addresses, &http)?;
            let address = format!("http://localhost:{}", self.ports.of(process));
            lines.insert(spec.name, progress.line(spec.name, "starting"));
            self.launch(spec, address)?;
        }
        self.until_ready(lines).await
    }

    /// Starts a part and notes it.
    pub(super) fn launch(&mut self, spec: Spec, address: String) -> anyhow::Result<()> {
        self.note(spec.name, address, Runs::Starting)?;
        self.parts.push(Part::start(spec, self.reporter.clone()));
        Ok(())
    }

    /// Notes a part.
    pub(super) fn note(&mut self, name: &str, address: String, runs: Runs) -> anyhow::Result<()> {
        self.record.add(name, address, runs);
        self.dir.write_record(&self.record)
    }

    /// Waits until each of these parts is ready, and shows it on its line.
    async fn until_ready(&mut self, mut lines: HashMap<&'static str, Line>) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while !lines.is_empty() {
            let Ok(report) = timeout_at(deadline, self.reports.recv()).await else {
                let mut late: Vec<_> = lines.keys().copied().collect();
                late.sort_unstable();
                let mut text =
                    format!("not ready after {} s: {}", START.as_secs(), late.join(", "));
                for name in late {
                    write!(text, "\n{}", self.last_words(name))?;
                }
                bail!(text);
            };
            let Some(Report { part, news }) = report else { return Ok(()) };
            let line = lines.get(part);
            match news {
                News::Started(process) => {
                    self.record.started(part, process);
                    self.dir.write_record(&self.record)?;
                }
                News::Ready => {
                    if let Some(line) = lines.remove(part) {
                        line.done("ready");
                    }
                }
                News::Died { how, again_in } => {
                    if let Some(line) = line {
                        line.now(&format!(
                            "ended ({how}); again in {:.1} s",
                            again_in.as_secs_f32()
                        ));
                    }
                }
                News::GaveUp { how } => {
                    return Err(anyhow!(
                        "{part} does not start ({how}).\n{}",
                        self.last_words(part)
                    ));
                }
            }
        }
        Ok(())
    }

    fn last_words(&self, name: &str) -> String {
        let log = self.dir.log(name);
        match tail(&log, LAST_WORDS) {
            words if words.is_empty() => format!("{} is empty.", log.display()),
            words => format!("The last lines of {}:\n{}", log.display(), words.trim_end()),
        }
    }

    /// Lets others see that it is ready.
    pub fn announce(&mut self) -> anyhow::Result<()> {
        self.record.ready = true;
        self.dir.write_record(&self.record)
    }

    /// Says what happens to the parts, until told to stop.
    pub async fn watch(&mut self, shutdown: &CancellationToken) {
        loop {
            let Report { part, news } = tokio::select! {
                () = shutdown.cancelled() => return,
                Some(report) = self.reports.recv() => report,
            };
            match news {
                News::Started(process) => {
                    self.record.started(part, process);
                    if let Err(error) = self.dir.write_record(&self.record) {
                        console::complain(&format!("{error:#}"));
                    }
                }
                News::Ready => console::complain(&format!("{part} is ready again")),
                News::Died { how, again_in } => console::complain(&format!(
                    "{part} ended ({how}); starting it again in {:.1} s",
                    again_in.as_secs_f32()
                )),
                News::GaveUp { how } => {
                    console::complain(&format!("{part} cannot be started again: {how}"));
                }
            }
        }
    }

    /// Stops everything that was started, in order.
    pub async fn stop(mut self) {
        self.record.ready = false;
        // That it is about to end is all that is lost when this cannot be written.
        let _ = self.dir.write_record(&self.record);
        let mut parts = mem::take(&mut self.parts);
        for names in STOP_ORDER {
            let running = parts.iter().any(|part| part.name() == "analytics");
            if let Some(broker) = &self.broker
                && names.contains(&"analytics")
                && running
            {
                // What the broker holds goes with it.
                if let Err(error) = consumed(broker).await {
                    console::complain(&format!("events may be lost: {error:#}"));
                }
            }
            let now: Vec<Part> =
                parts.extract_if(.., |part| names.contains(&part.name())).collect();
            if !now.is_empty() {
                let names: Vec<_> = now.iter().map(Part::name).collect();
                console::complain(&format!("stopping {}", names.join(", ")));
                join_all(now.into_iter().map(Part::stop)).await;
            }
            if names.contains(&"analytics") {
                self.broker = None;
            }
        }
        self.dir.clear_record();
        console::complain("stopped");
    }
}

/// Waits until analytics has consumed everything that the broker holds.
async fn consumed(broker: &LocalBroker) -> anyhow::Result<()> {
    let caught_up = async {
        loop {
            let address = broker.address().to_owned();
            let lag = spawn_blocking(move || local_broker::lag(&address, READER)).await??;
            if lag == 0 {
                return anyhow::Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let caught_up = timeout(LAST_EVENTS, caught_up).await;
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
