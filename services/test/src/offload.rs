//! Work that takes more than some milliseconds, off the async threads and within bounds: on half of the
//! processors, and for each person one piece at a time. However much work a person brings, the next piece
//! of another person waits for one of theirs at most.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    thread::available_parallelism,
};

use ids::UserId;
use tokio::{
    sync::{Mutex, Semaphore},
    task::{JoinError, spawn_blocking},
};

/// Several people share a place in the queue; with this many places that hardly ever matters.
const PLACES: usize = 64;

pub struct Offload {
    permits: Arc<Semaphore>,
    turns: [Arc<Mutex<()>>; PLACES],
}

impl Default for Offload {
    /// Takes half of the processors, so that the async threads have the others.
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            permits: Arc::new(Semaphore::new((processors / 2).max(1))),
            turns: std::array::from_fn(|_| Arc::default()),
        }
    }
}

impl Offload {
    /// Does a piece of this person's work once it is their turn.
    ///
    /// # Errors
    /// When the work panics.
    pub async fn run<T: Send + 'static>(
        &self,
        user: UserId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        let turn = self.turns[hasher.finish() as usize % PLACES].clone().lock_owned().await;
        // Never closed, so there is always a permit in the end.
        let permit = self.permits.clone().acquire_owned().await;
        // Held until the work is done, though nobody may wait for it any more.
        spawn_blocking(move || {
            let (_turn, _permit) = (turn, permit);
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
        while offload.turns.iter().all(|turn| turn.try_lock().is_ok()) {
            tokio::task::yield_now().await;
        }
        // Not polled again once given up: its turn goes to nobody who is not there.
        let second = tokio::time::timeout(Duration::from_millis(20), offload.run(ada, || ()));
        assert!(second.await.is_err());
        open.send(()).unwrap();
        assert!(first.await.unwrap());
        assert_eq!(offload.run(bob, || 7).await.unwrap(), 7);
        assert!(offload.run(ada, || panic!("broken")).await.is_err());
        assert_eq!(offload.run(ada, || 8).await.unwrap(), 8);
    }
}
