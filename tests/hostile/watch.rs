//! The waits of other requests, and the memory of the processes, during a test.

use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::Method;
use tokio::task::JoinHandle;

use crate::fleet::{Fleet, PROCESSES};

const ASK_EVERY: Duration = Duration::from_millis(10);

/// Tasks that ask every process for its health until [`Watch::end`].
pub struct Watch {
    over: Arc<AtomicBool>,
    asking: Vec<JoinHandle<(&'static str, Seen)>>,
}

/// The measurements of one process.
pub struct Seen {
    pub waits: Vec<Duration>,
    /// The most private memory that it held, in bytes.
    pub memory: u64,
}

impl Watch {
    pub fn start(fleet: &Fleet) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let asking = PROCESSES.map(|process| {
            let (client, pid, over) = (fleet.direct(process), fleet.pid(process), over.clone());
            tokio::spawn(async move {
                let (mut waits, memory) = (Vec::new(), AtomicU64::new(0));
                while !over.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let answer = client.try_call(Method::GET, "/health", None::<&()>).await;
                    assert_eq!(answer.unwrap().status, 200, "{process}");
                    waits.push(asked.elapsed());
                    memory.fetch_max(private_memory(pid), Ordering::Relaxed);
                    tokio::time::sleep(ASK_EVERY).await;
                }
                (process, Seen { waits, memory: memory.into_inner() })
            })
        });
        Self { over, asking: asking.into() }
    }

    pub async fn end(self) -> HashMap<&'static str, Seen> {
        self.over.store(true, Ordering::Relaxed);
        let mut seen = HashMap::new();
        for task in self.asking {
            let (process, one) = task.await.unwrap();
            seen.insert(process, one);
        }
        seen
    }
}

impl Seen {
    /// Returns the wait that 99 of 100 requests stay under.
    pub fn p99(&self) -> Duration {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        waits[waits.len() * 99 / 100]
    }
}

/// Returns the bytes that a process holds for itself, without its program text.
fn private_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
