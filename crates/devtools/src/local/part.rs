//! A part of the stack: one program, kept running until it is told to stop.

use std::{process::ExitStatus, time::Duration};

use promptforge::local::process::ProcessId;
use tokio::{
    process::Child,
    sync::mpsc::UnboundedSender,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::program::Spec;

/// The exit code of a process whose settings are missing or wrong: trying again cannot help.
const BAD_SETTINGS: i32 = 2;

/// A part that ended this often before it was ever ready will not get there.
const DEATHS_AT_START: u32 = 3;

/// Waits between restarts: the first, and the longest that doubling leads to.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// After running for this long a part has recovered, and its next death is a first one.
const RECOVERED: Duration = Duration::from_secs(60);

/// What becomes of a part, as it happens.
#[derive(Debug)]
pub struct Report {
    pub part: &'static str,
    pub news: News,
}

#[derive(Debug)]
pub enum News {
    Started(ProcessId),
    Ready,
    /// It ended unasked, and is started again after the wait.
    Died {
        how: String,
        again_in: Duration,
    },
    /// It will not be started again.
    GaveUp {
        how: String,
    },
}

/// A part that runs.
pub struct Part {
    name: &'static str,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Part {
    /// Starts it and keeps it running.
    pub fn start(spec: Spec, reports: UnboundedSender<Report>) -> Self {
        let stop = CancellationToken::new();
        let name = spec.name;
        let keeper = Keeper { spec, reports, stop: stop.clone() };
        Self { name, stop, task: tokio::spawn(keeper.run()) }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks it to end, and returns when it has.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

struct Keeper {
    spec: Spec,
    reports: UnboundedSender<Report>,
    stop: CancellationToken,
}

impl Keeper {
    async fn run(self) {
        let mut deaths = 0;
        let mut was_ready = false;
        let mut wait = BACKOFF.0;
        loop {
            let started = Instant::now();
            let how = match self.spec.spawn() {
                Ok(child) => match self.live(child, &mut was_ready).await {
                    Some(status) => status,
                    None => return,
                },
                Err(error) => return self.tell(News::GaveUp { how: format!("{error:#}") }),
            };
            deaths += 1;
            let hopeless = deaths >= DEATHS_AT_START || how.code() == Some(BAD_SETTINGS);
            let how = describe(how);
            if hopeless && !was_ready {
                return self.tell(News::GaveUp { how });
            }
            if started.elapsed() > RECOVERED {
                wait = BACKOFF.0;
            }
            self.tell(News::Died { how, again_in: wait });
            tokio::select! {
                () = sleep(wait) => wait = (wait * 2).min(BACKOFF.1),
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// One life, from start to end; `None` when it ended because it was told to.
    async fn live(&self, mut child: Child, was_ready: &mut bool) -> Option<ExitStatus> {
        if let Some(process) = child.id().and_then(ProcessId::of) {
            self.tell(News::Started(process));
        }
        let mut ready = false;
        loop {
            tokio::select! {
                // An error here means that it was waited for already: gone, with no status known.
                status = child.wait() => return Some(status.unwrap_or_default()),
                () = self.spec.probe.until_ready(), if !ready => {
                    ready = true;
                    *was_ready = true;
                    self.tell(News::Ready);
                }
                () = self.stop.cancelled() => {
                    self.spec.halt(&mut child).await;
                    return None;
                }
            }
        }
    }

    fn tell(&self, news: News) {
        // Who does not listen any more has no use for it.
        let _ = self.reports.send(Report { part: self.spec.name, news });
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
    use crate::local::program::{Probe, tail};

    fn spec(dir: &Path, script: &str, probe: Probe) -> Spec {
        Spec {
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

    async fn next(reports: &mut UnboundedReceiver<Report>) -> News {
        timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap().news
    }

    fn never() -> Probe {
        // The discard port: nothing listens there.
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
        let mut deaths = 0;
        let how = loop {
            match next(&mut reports).await {
                News::Died { .. } => deaths += 1,
                News::GaveUp { how } => break how,
                News::Started(_) => {}
                News::Ready => panic!("never ready"),
            }
        };
        assert_eq!((how.as_str(), deaths), ("exit code 3", 2));
        assert_eq!(tail(&log, 1), "  two\n");
        part.stop().await;
    }

    #[tokio::test]
    async fn bad_settings_are_not_tried_again() {
        let (send, mut reports) = unbounded_channel();
        let scratch = tempdir().unwrap();
        let part = Part::start(spec(scratch.path(), "exit 2", never()), send);
        let news = match next(&mut reports).await {
            // One that ends at once may be gone before it is noticed.
            News::Started(_) => next(&mut reports).await,
            news => news,
        };
        assert!(matches!(news, News::GaveUp { how } if how == "exit code 2"));
        part.stop().await;
    }

    #[tokio::test]
    async fn one_that_dies_after_it_was_ready_is_started_again() {
        let (send, mut reports) = unbounded_channel();
        let (_listener, probe) = always();
        let scratch = tempdir().unwrap();
        let part = Part::start(spec(scratch.path(), "exec sleep 600", probe), send);
        let News::Started(first) = next(&mut reports).await else { panic!("not started") };
        assert!(matches!(next(&mut reports).await, News::Ready));
        first.signal(Signal::KILL);
        let News::Died { how, .. } = next(&mut reports).await else { panic!("not died") };
        assert_eq!(how, "killed by signal 9");
        let News::Started(second) = next(&mut reports).await else { panic!("not restarted") };
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
        let News::GaveUp { how } = next(&mut reports).await else { panic!("not given up") };
        assert!(how.contains("/nowhere/program"), "{how}");
        part.stop().await;
    }
}
