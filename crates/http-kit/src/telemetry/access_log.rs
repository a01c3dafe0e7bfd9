//! The access log: a line for each request, formatted into a buffer that a thread writes.
//!
//! A request pays for formatting some 200 bytes, and for no system call. A standard output that takes
//! nothing holds up no request: what does not fit into the buffer is dropped and counted.

mod line;

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use timestamp::Timestamp;

pub use line::{Entry, Format};

/// The most bytes that wait to be written.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

/// The time for which lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(50);

/// The length of `2026-01-31T09:30:00`.
const SECOND_LENGTH: usize = 19;

/// A log whose lines one thread writes.
pub struct AccessLog {
    format: Format,
    shared: Arc<Shared>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    has_lines: Condvar,
    /// Locked while lines are taken and written, so that they stay in order.
    output: Mutex<Box<dyn Write + Send>>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// The second of `text`, since 1970.
    second: u64,
    text: String,
}

impl AccessLog {
    /// Starts the thread that writes; `output` gets whole lines.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(format: Format, output: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            has_lines: Condvar::new(),
            output: Mutex::new(Box::new(output)),
        });
        let own = shared.clone();
        thread::Builder::new().name("access-log".to_owned()).spawn(move || own.write_lines())?;
        Ok(Self { format, shared })
    }

    /// Adds a line, unless too many wait.
    pub fn record(&self, entry: &Entry<'_>) {
        let mut waiting = lock(&self.shared.waiting);
        if waiting.lines.len() >= MAX_WAITING_BYTES {
            drop(waiting);
            metrics::counter!("access_log_lines_dropped_total").increment(1);
            return;
        }
        let is_first = waiting.lines.is_empty();
        waiting.add(self.format, entry);
        drop(waiting);
        if is_first {
            self.shared.has_lines.notify_one();
        }
    }

    /// Writes what waits.
    pub fn flush(&self) {
        self.shared.write_waiting(&mut Vec::new());
    }
}

impl Shared {
    fn write_lines(&self) {
        let mut lines = Vec::new();
        loop {
            let mut waiting = lock(&self.waiting);
            while waiting.lines.is_empty() {
                waiting =
                    self.has_lines.wait(waiting).unwrap_or_else(|poisoned| poisoned.into_inner());
            }
            drop(waiting);
            #[expect(clippy::disallowed_methods, reason = "this thread runs no tasks")]
            thread::sleep(GATHER);
            self.write_waiting(&mut lines);
        }
    }

    /// Swaps the waiting lines for an empty buffer, and writes them.
    fn write_waiting(&self, lines: &mut Vec<u8>) {
        let mut output = lock(&self.output);
        lines.clear();
        std::mem::swap(&mut lock(&self.waiting).lines, lines);
        // There is nowhere to report that the log cannot be written.
        let _ = output.write_all(lines).and_then(|()| output.flush());
    }
}

impl Waiting {
    fn add(&mut self, format: Format, entry: &Entry<'_>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.second != now.as_secs() || self.text.is_empty() {
            self.second = now.as_secs();
            let millis = i64::try_from(now.as_millis()).unwrap_or_default();
            self.text = Timestamp::from_millis(millis).to_string();
            self.text.truncate(SECOND_LENGTH);
        }
        let out = &mut self.lines;
        // Writing to a buffer in memory cannot fail.
        let _ = line::write(out, format, (&self.text, now.subsec_millis()), entry);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Lines are added whole or, after a panic, cut off: both may be written.
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::*;

    /// An output that tests read.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const ENTRY: Entry<'static> = Entry {
        method: "GET",
        route: "/prompts",
        status: 200,
        took: Duration::from_micros(12_034),
        request_id: "abc",
        instance: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 9002)),
        upstream_took: Some(Duration::from_micros(11_000)),
    };

    fn text(output: &Output) -> String {
        String::from_utf8(lock(&output.0).clone()).unwrap()
    }

    #[test]
    fn a_line_is_json_with_the_route_the_instance_and_the_times() {
        let output = Output::default();
        let log = AccessLog::start(Format::Json, output.clone()).unwrap();
        log.record(&ENTRY);
        log.record(&Entry { instance: None, upstream_took: None, ..ENTRY });
        log.flush();
        let text = text(&output);
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["route"], "/prompts");
        assert_eq!(lines[0]["ms"], 12.034);
        assert_eq!(lines[0]["instance"], "10.0.0.1:9002");
        assert_eq!(lines[0]["upstream_ms"], 11.0);
        assert_eq!(lines[0]["request_id"], "abc");
        assert!(lines[1].get("instance").is_none());
        let time = lines[0]["timestamp"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    }

    #[test]
    fn what_waits_is_written_by_the_thread_too() {
        let output = Output::default();
        let log = AccessLog::start(Format::Pretty, output.clone()).unwrap();
        log.record(&ENTRY);
        while text(&output).is_empty() {
            thread::yield_now();
        }
        assert!(text(&output).ends_with("served GET /prompts 200 ms=12.034 instance=10.0.0.1:9002 upstream_ms=11.000 request_id=abc\n"));
    }

    /// An output that takes nothing until its gate opens.
    struct Stuck(Arc<Mutex<()>>, Output);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _open = lock(&self.0);
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_takes_nothing_holds_up_nobody_and_memory_stays_bounded() {
        let (gate, output) = (Arc::new(Mutex::new(())), Output::default());
        let log = AccessLog::start(Format::Json, Stuck(gate.clone(), output.clone())).unwrap();
        let closed = lock(&gate);
        for _ in 0..20_000 {
            log.record(&ENTRY);
        }
        assert!(lock(&log.shared.waiting).lines.len() <= MAX_WAITING_BYTES + 1024);
        drop(closed);
        log.flush();
        let text = text(&output);
        assert!(text.len() > MAX_WAITING_BYTES && text.lines().count() < 20_000, "{}", text.len());
        assert!(text.lines().all(|line| line.ends_with('}')), "lines are whole");
    }
}
