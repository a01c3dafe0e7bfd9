//! A part of the stack: a program that is restarted until it is asked to stop.

use std::{process::ExitStatus, time::Duration};

use promptforge::local::process::ProcessId;
use tokio::{
    process::Child,
    sync::mpsc::UnboundedSender,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::program::ProgramSpec;

/// The exit code of a process with bad settings, which a restart cannot help.
const BAD_SETTINGS: i32 = 2;

/// The number of exits, before a part was ever ready, after which it is given up.
const EXITS_AT_START: u32 = 3;

/// The first wait before a restart, and the longest that doubling leads to.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// The time after which a running part has recovered: the wait before its next restart is the first.
const RECOVERED: Duration = Duration::from_secs(60);

/// A report of an event of a part.
#[derive(Debug)]
pub struct PartReport {
    pub part: &'static str,
    pub event: PartEvent,
}

#[derive(Debug)]
pub enum PartEvent {
    Started(ProcessId),
    Ready,
    /// The program ended unasked, and is started again after the wait.
    Exited {
        how: String,
        again_in: Duration,
    },
    /// The program will not be started again.
    GaveUp {
        how: String,
    },
}

/// A running part.
pub struct Part {
    name: &'static str,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Part {
    /// Starts a program and keeps it running.
    pub fn start(spec: ProgramSpec, reports: UnboundedSender<PartReport>) -> Self {
        let stop = CancellationToken::new();
        let name = spec.name;
        let supervisor = Supervisor { spec, reports, stop: stop.clone() };
        Self { name, stop, task: tokio::spawn(supervisor.run()) }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks the program to end, and returns when it has ended.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

struct Supervisor {
    spec: ProgramSpec,
    reports: UnboundedSender<PartReport>,
    stop: CancellationToken,
}

impl Supervisor {
    async fn run(self) {
        let mut exits = 0;
        let mut was_ready = false;
        let mut wait = BACKOFF.0;
        loop {
            let started = Instant::now();
            let how = match self.spec.spawn() {
                Ok(child) => match self.run_once(child, &mut was_ready).await {
                    Some(status) => status,
                    None => return,
                },
                Err(error) => return self.report(PartEvent::GaveUp { how: format!("{error:#}") }),
            };
            exits += 1;
            let hopeless = exits >= EXITS_AT_START || how.code() == Some(BAD_SETTINGS);
            let how = describe(how);
            if hopeless && !was_ready {
                return self.report(PartEvent::GaveUp { how });
            }
            if started.elapsed() > RECOVERED {
                wait = BACKOFF.0;
            }
            self.report(PartEvent::Exited { how, again_in: wait });
            tokio::select! {
                () = sleep(wait) => wait = (wait * 2).min(BACKOFF.1),
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Waits until the child ends; `None` if it ended because the part was stopped.
    async fn run_once(&self, mut child: Child, was_ready: &mut bool) -> Option<ExitStatus> {
        if let Some(process) = child.id().and_then(ProcessId::of) {
            self.report(PartEvent::Started(process));
        }
        let mut ready = false;
        loop {
            tokio::select! {
                // An error means that the child was waited for already; its status is unknown.
                status = child.wait() => return Some(status.unwrap_or_default()),
                () = self.spec.probe.wait_until_ready(), if !ready => {
                    ready = true;
                    *was_ready = true;
                    self.report(PartEvent::Ready);
                }
                () = self.stop.cancelled() => {
                    self.spec.stop(&mut child).await;
                    return None;
                }
            }
        }
    }

    fn report(&self, event: PartEvent) {
        // A receiver that is gone has no use for the report.
        let _ = self.reports.send(PartReport { part: self.spec.name, event });
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "for no known reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rustix::process::Signal;
    use tempfile::tempdir;
    use tokio::{
        sync::mpsc::{UnboundedReceiver, unbounded_channel},
        time::timeout,
    };

    use super::*;
    use crate::local::program::{Probe, log_tail};

    fn spec(dir: &Path, script: &str, probe: Probe) -> ProgramSpec {
        ProgramSpec {
            name: "part",
            program: "sh".into(),
            args: vec!["-c".into(), script.into()],
            env: Vec::new(),
            unset: Vec::new(),
            account: None,
            log: dir.join("log"),
            stop: Signal::TERM,
            probe,
        }
    }

    async fn next(reports: &mut UnboundedReceiver<PartReport>) -> PartEvent {
        timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap().event
    }

    fn never() -> Probe {
        // Nothing listens on the discard port.
        Probe::Tcp(9)
    }

    fn always() -> (std::net::TcpListener, Probe) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let probe = Probe::Tcp(listener.local_addr().unwrap().port());
        (listener, probe)
    }

    #[tokio::test]
    async fn one_that_keeps_dying_at_start_is_given_up_with_its_code_and_its_last_words() {
        let (send, mut reports) = unbounded_channel();
        let scratch = tempdir().unwrap();
        let spec = spec(scratch.path(), "echo one; echo two >&2; exit 3", never());
        let log = spec.log.clone();
        let part = Part::start(spec, send);
        let mut exits = 0;
        let how = loop {
            match next(&mut reports).await {
                PartEvent::Exited { .. } => exits += 1,
                PartEvent::GaveUp { how } => break how,
                PartEvent::Started(_) => {}
                PartEvent::Ready => panic!("never ready"),
            }
        };
        assert_eq!((how.as_str(), exits), ("exit code 3", 2));
        assert_eq!(log_tail(&log, 1), "  two\n");
        part.stop().await;
    }

    #[tokio::test]
    async fn bad_settings_are_not_tried_again() {
        let (send, mut reports) = unbounded_channel();
        let scratch = tempdir().unwrap();
        let part = Part::start(spec(scratch.path(), "exit 2", never()), send);
        let event = match next(&mut reports).await {
            // A program that ends at once may be gone before its start is reported.
            PartEvent::Started(_) => next(&mut reports).await,
            event => event,
        };
        assert!(matches!(event, PartEvent::GaveUp { how } if how == "exit code 2"));
        part.stop().await;
    }

    #[tokio::test]
    async fn one_that_dies_after_it_was_ready_is_started_again() {
        let (send, mut reports) = unbounded_channel();
        let (_listener, probe) = always();
        let scratch = tempdir().unwrap();
        let part = Part::start(spec(scratch.path(), "exec sleep 600", probe), send);
        let PartEvent::Started(first) = next(&mut reports).await else { panic!("not started") };
        assert!(matches!(next(&mut reports).await, PartEvent::Ready));
        first.signal(Signal::KILL);
        let PartEvent::Exited { how, .. } = next(&mut reports).await else { panic!("not died") };
        assert_eq!(how, "killed by signal 9");
        let PartEvent::Started(second) = next(&mut reports).await else { panic!("not restarted") };
        assert_ne!(first, second);
        part.stop().await;
        assert!(!second.is_alive());
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let (send, mut reports) = unbounded_channel();
        let scratch = tempdir().unwrap();
        let mut spec = spec(scratch.path(), "", never());
        spec.program = "/nowhere/program".into();
        let part = Part::start(spec, send);
        let PartEvent::GaveUp { how } = next(&mut reports).await else { panic!("not given up") };
        assert!(how.contains("/nowhere/program"), "{how}");
        part.stop().await;
    }
}
