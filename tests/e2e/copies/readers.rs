//! Readers who read one path over and over, and what each of them saw, and when.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::{Client, eventually};
use tokio::task::JoinHandle;

use super::SEEN_WITHIN;

/// The pause between two reads of one reader.
const PACE: Duration = Duration::from_millis(3);

/// An answer that a reader got.
#[derive(Clone)]
pub struct Sight {
    reader: usize,
    began_at: Instant,
    pub status: u16,
    pub json: Value,
}

/// Readers of one path, each through a client of its own.
pub struct Readers {
    count: usize,
    sights: Arc<Mutex<Vec<Sight>>>,
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Readers {
    pub fn start(clients: Vec<Client>, path: &str) -> Self {
        let (sights, stop) = (Arc::new(Mutex::default()), Arc::new(AtomicBool::new(false)));
        let count = clients.len();
        let tasks = clients.into_iter().enumerate().map(|(reader, client)| {
            let read = read(reader, client, path.to_owned(), Arc::clone(&sights), stop.clone());
            tokio::spawn(read)
        });
        let tasks = tasks.collect();
        Self { count, sights, stop, tasks }
    }

    /// Makes a change while all read, and checks that it is what each read shows that begins a second later.
    pub async fn all_see<T>(
        &self,
        what: &str,
        is_right: impl Fn(&Sight) -> bool,
        change: impl Future<Output = T>,
    ) {
        change.await;
        let from = Instant::now() + SEEN_WITHIN;
        let later = || -> Vec<Sight> {
            let sights = self.sights.lock().unwrap();
            sights.iter().filter(|sight| sight.began_at >= from).cloned().collect()
        };
        let sights = eventually("all readers to read once more", || async {
            let sights = later();
            let have_read = |reader| sights.iter().any(|sight| sight.reader == reader);
            (0..self.count).all(have_read).then_some(sights)
        })
        .await;
        for sight in sights {
            let late = sight.began_at - from + SEEN_WITHIN;
            assert!(is_right(&sight), "{what}, {late:?} after: {} {}", sight.status, sight.json);
        }
    }

    /// Stops the readers, and returns all that they saw.
    pub async fn stop(self) -> Vec<Sight> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.sights.lock().unwrap().clone()
    }
}

async fn read(
    reader: usize,
    client: Client,
    path: String,
    sights: Arc<Mutex<Vec<Sight>>>,
    stop: Arc<AtomicBool>,
) {
    while !stop.load(Ordering::Relaxed) {
        let began_at = Instant::now();
        let answer = client.get(&path).await;
        let status = answer.status.as_u16();
        sights.lock().unwrap().push(Sight { reader, began_at, status, json: answer.json });
        tokio::time::sleep(PACE).await;
    }
}
