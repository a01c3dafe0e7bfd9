//! The queue of likes, which one job writes many at a time.
//!
//! Everyone who likes a popular prompt needs the same counter, and each transaction holds it until its
//! like is on disk. One by one, that is a few hundred a second, with every connection of the pool waiting.
//! So one writer takes all changes that came while it wrote the last batch, and writes them in one
//! transaction: the more come at once, the cheaper each is. Each request is answered once its own like is
//! on disk.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use auth::Identity;
use ids::{PromptId, UserId};
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use crate::{
    domain::LikeChange,
    repo::{counters, likes, prompts},
};

/// Changes written in one transaction: few enough to take milliseconds.
const BATCH: usize = 500;

/// Changes that may wait; a request after that waits until the queue has room.
const CAPACITY: usize = 4 * BATCH;

/// Whether a change had an effect; `None` when there is no such prompt that the caller may read. An error
/// is that of a whole batch.
type Outcome = Result<Option<bool>, Arc<sqlx::Error>>;

type QueuedChange = (LikeChange, oneshot::Sender<Outcome>);

/// The sending end of the queue.
#[derive(Clone)]
pub struct LikeQueue(mpsc::Sender<QueuedChange>);

/// The receiving end of the queue, for the one job that writes.
pub struct QueuedLikes {
    receiver: mpsc::Receiver<QueuedChange>,
    /// Changes received and not yet written.
    waiting: Vec<QueuedChange>,
}

/// Makes a queue.
pub fn like_queue() -> (LikeQueue, QueuedLikes) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (LikeQueue(sender), QueuedLikes { receiver, waiting: Vec::with_capacity(BATCH) })
}

impl LikeQueue {
    /// Makes `caller` like a prompt, or like it no longer. Returns whether that had an effect; `None` when
    /// there is no such prompt that they may read.
    ///
    /// # Errors
    /// When the batch could not be written.
    pub async fn set(&self, prompt: PromptId, caller: &Identity, liked: bool) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        let change = LikeChange { prompt, user: caller.id, admin: caller.is_admin(), liked };
        match self.0.send((change, sender)).await {
            Ok(()) => outcome.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into())),
            Err(_) => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }
}

impl QueuedLikes {
    /// Waits for changes, and takes out a batch of them; `None` once the queue is closed and empty. Loses
    /// nothing when it is dropped.
    pub async fn next_batch(&mut self) -> Option<LikeBatch> {
        if self.waiting.is_empty() && self.receiver.recv_many(&mut self.waiting, BATCH).await == 0 {
            return None;
        }
        Some(LikeBatch(take_batch(&mut self.waiting)))
    }

    /// Refuses further changes.
    pub fn close(&mut self) {
        self.receiver.close();
    }
}

/// Changes that are written together.
pub struct LikeBatch(Vec<QueuedChange>);

impl LikeBatch {
    /// Writes the changes, and answers the request of each.
    pub async fn write(self, pool: &PgPool) {
        let changes: Vec<LikeChange> = self.0.iter().map(|(change, _)| *change).collect();
        let written = write_changes(pool, &changes).await.map_err(Arc::new);
        for (change, sender) in self.0 {
            let outcome = match &written {
                Ok(effects) => Ok(effects.get(&change.key()).copied()),
                Err(error) => Err(error.clone()),
            };
            // The request may have been dropped.
            let _ = sender.send(outcome);
        }
    }
}

/// Takes out the changes that can be written at once: of one person's changes to one prompt only the
/// first, so that each is answered as if it were alone.
fn take_batch(waiting: &mut Vec<QueuedChange>) -> Vec<QueuedChange> {
    let mut seen = HashSet::new();
    waiting.extract_if(.., |(change, _)| seen.insert(change.key())).collect()
}

/// Writes changes. Returns, for each whose prompt is visible to the person, whether it had an effect.
///
/// All prompts are locked, then all counters, each in order of id, and only then is anything written: two
/// writers, or a writer and a deletion, never deadlock. Visibility is checked here, too: if each request
/// checked it before, a thousand at once would take the connections that this needs.
async fn write_changes(
    pool: &PgPool,
    changes: &[LikeChange],
) -> sqlx::Result<HashMap<(PromptId, UserId), bool>> {
    let mut tx = pool.begin().await?;
    let locked = prompts::lock_key_share_visible(&mut tx, changes).await?;
    let is_locked = |change: &&LikeChange| locked.contains(&change.key());
    let possible: Vec<LikeChange> = changes.iter().filter(is_locked).copied().collect();
    counters::lock_all(&mut tx, &prompts_of(&possible)).await?;
    let changed: HashSet<_> = likes::write(&mut tx, &possible).await?.into_iter().collect();
    tx.commit().await?;
    Ok(possible.iter().map(|change| (change.key(), changed.contains(&change.key()))).collect())
}

/// Returns the prompts of these changes, each once, in order of id.
fn prompts_of(changes: &[LikeChange]) -> Vec<PromptId> {
    changes.iter().map(|change| change.prompt).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_persons_changes_to_one_prompt_are_written_one_after_the_other() {
        let (prompt, other) = (PromptId::new(), PromptId::new());
        let (ada, eve) = (UserId::new(), UserId::new());
        let changes =
            [(prompt, ada, true), (prompt, eve, true), (prompt, ada, false), (other, ada, true)];
        let mut waiting: Vec<QueuedChange> = changes
            .map(|(prompt, user, liked)| {
                (LikeChange { prompt, user, admin: false, liked }, oneshot::channel().0)
            })
            .into();
        let first = take_batch(&mut waiting);
        assert_eq!(first.iter().map(|(change, _)| change.liked).collect::<Vec<_>>(), [true; 3]);
        let second = take_batch(&mut waiting);
        assert!(matches!(second.as_slice(), [(LikeChange { liked: false, .. }, _)]));
        assert!(waiting.is_empty());
    }
}
