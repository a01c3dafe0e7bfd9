//! Runs work that takes more than some milliseconds off the async threads and within bounds: on half of the
//! processors, and one task of each user at a time. However many tasks a user brings, the next task of another
//! user waits for one of theirs at most.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    thread::available_parallelism,
};

use ids::UserId;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, Semaphore},
    task::{JoinError, spawn_blocking},
};

/// The locks of a [`KeyedMutex`]. Several users share one; with this many that hardly ever matters.
const SHARDS: usize = 64;

/// A mutex for each user.
struct KeyedMutex([Arc<Mutex<()>>; SHARDS]);

impl KeyedMutex {
    /// Waits for this user's lock.
    async fn lock(&self, user: UserId) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        self.0[hasher.finish() as usize % SHARDS].clone().lock_owned().await
    }
}

/// A bounded pool of threads for costly work.
pub struct Offload {
    permits: Arc<Semaphore>,
    users: KeyedMutex,
}

impl Default for Offload {
    /// Makes a pool of half of the processors, so that the async threads have the others.
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            permits: Arc::new(Semaphore::new((processors / 2).max(1))),
            users: KeyedMutex(std::array::from_fn(|_| Arc::default())),
        }
    }
}

impl Offload {
    /// Runs a task of this user after those that they brought before.
    ///
    /// # Errors
    /// When the task panics.
    pub async fn run<T: Send + 'static>(
        &self,
        user: UserId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let lock = self.users.lock(user).await;
        // Never closed, so there is always a permit in the end.
        let permit = self.permits.clone().acquire_owned().await;
        // Held until the task is done, though nobody may wait for it any more.
        spawn_blocking(move || {
            let (_lock, _permit) = (lock, permit);
            work()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[tokio::test]
    async fn of_one_person_s_work_one_piece_is_done_at_a_time_and_others_come_between() {
        let offload = Arc::new(Offload::default());
        let (ada, bob) = (UserId::new(), UserId::new());
        let (open, gate) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let offload = offload.clone();
            async move { offload.run(ada, move || gate.recv().is_ok()).await.unwrap() }
        });
        while offload.users.0.iter().all(|lock| lock.try_lock().is_ok()) {
            tokio::task::yield_now().await;
        }
        // Not polled again once given up: its lock goes to nobody who is not there.
        let second = tokio::time::timeout(Duration::from_millis(20), offload.run(ada, || ()));
        assert!(second.await.is_err());
        open.send(()).unwrap();
        assert!(first.await.unwrap());
        assert_eq!(offload.run(bob, || 7).await.unwrap(), 7);
        assert!(offload.run(ada, || panic!("broken")).await.is_err());
        assert_eq!(offload.run(ada, || 8).await.unwrap(), 8);
    }
}
