//! [`Broker`]: the Kafka of a test. A broker in memory of the test's own or, where `TEST_KAFKA_BROKERS`
//! names an Apache Kafka, a lease of that one: the names of topics and groups are fixed, so one test has it
//! at a time, in all processes, and is handed it empty.

use std::{
    collections::HashMap,
    env,
    fs::File,
    sync::{LazyLock, Mutex, PoisonError},
    thread::{self, ThreadId},
};

use local_broker::LocalBroker;
use tokio::task::spawn_blocking;

mod reset;

/// A Kafka broker with every topic there, and nothing in them.
pub struct Broker {
    address: String,
    runs: Runs,
}

#[expect(dead_code, reason = "held until the test has ended")]
enum Runs {
    InMemory(LocalBroker),
    Leased(Lease),
}

impl Broker {
    /// Starts a broker in memory, or waits until the shared Apache Kafka is free.
    ///
    /// # Panics
    /// When there is none, or when this test holds the shared one already: it would wait for itself.
    pub async fn start() -> Self {
        let Some(address) = shared_address() else {
            let broker = spawn_blocking(LocalBroker::start).await.unwrap().unwrap();
            return Self { address: broker.address().to_owned(), runs: Runs::InMemory(broker) };
        };
        let lease = Lease::take(&address).await;
        reset::empty(&address).await;
        Self { address, runs: Runs::Leased(lease) }
    }

    /// Returns whether this is Apache Kafka, which creates and deletes topics.
    pub fn is_apache(&self) -> bool {
        matches!(self.runs, Runs::Leased(_))
    }

    /// Returns `host:port`, for `KAFKA_BROKERS`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Returns the address of the Apache Kafka that tests share, if there is one.
fn shared_address() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are given their stores by the environment"
    )]
    env::var("TEST_KAFKA_BROKERS").ok().filter(|address| !address.is_empty())
}

/// The one use of the shared broker at a time. Unlocked when dropped, or when the process ends.
struct Lease {
    _lock: File,
    address: String,
}

/// The threads that hold a shared broker, by its address.
static HOLDERS: LazyLock<Mutex<HashMap<String, ThreadId>>> = LazyLock::new(Mutex::default);

impl Lease {
    /// Waits until no other test holds the broker, of this process or another.
    async fn take(address: &str) -> Self {
        let own = thread::current().id();
        let is_held_here = holders().get(address) == Some(&own);
        assert!(!is_held_here, "this test has the shared broker: drop it, or take a LocalBroker");
        let name = address.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let path = env::temp_dir().join(format!("promptforge-test-kafka-{name}.lock"));
        // The file is opened for each lease, so the lock also holds between the threads of a process.
        let lock = spawn_blocking(move || {
            let file = File::options().create(true).append(true).open(path)?;
            file.lock().map(|()| file)
        });
        let lock = lock.await.unwrap().unwrap();
        holders().insert(address.to_owned(), own);
        Self { _lock: lock, address: address.to_owned() }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Before the file is unlocked: the next holder enters itself after.
        holders().remove(&self.address);
    }
}

fn holders() -> std::sync::MutexGuard<'static, HashMap<String, ThreadId>> {
    HOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}
