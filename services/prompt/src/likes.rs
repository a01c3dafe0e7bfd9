//! Likes, written many at a time.
//!
//! All who like a hot prompt want the same counter, and each holds it until the disk has their like.
//! One by one, that is a few hundred a second, with every connection of the pool waiting in line. So
//! one writer takes whatever came while it wrote the last batch, and writes that in one transaction:
//! the more come at once, the cheaper each is. Everyone is answered once their own like is on disk.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use auth::Identity;
use ids::{PromptId, UserId};
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use crate::repo::{
    counters,
    likes::{self, Wish},
};

/// Wishes written in one transaction: few enough to be a matter of milliseconds.
const BATCH: usize = 500;

/// Wishes that may wait; whoever comes after that waits to be let in.
const WAITING: usize = 4 * BATCH;

/// Whether a wish changed anything; `None` when there is no such prompt that its owner may read. The
/// error is that of a whole batch.
type Outcome = Result<Option<bool>, Arc<sqlx::Error>>;

type Waiter = (Wish, oneshot::Sender<Outcome>);

/// Hands wishes to the writer.
#[derive(Clone)]
pub struct Likes(mpsc::Sender<Waiter>);

impl Likes {
    /// Starts the writer, which ends once nobody can have a wish any more.
    pub fn start(pool: PgPool) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write_all(pool, receiver));
        Self(sender)
    }

    /// Makes `caller` like a prompt, or not, and says whether that changed anything; `None` when there
    /// is no such prompt that they may read.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn set(&self, prompt: PromptId, caller: &Identity, liked: bool) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        let wish = Wish { prompt, user: caller.id, admin: caller.is_admin(), liked };
        match self.0.send((wish, sender)).await {
            Ok(()) => outcome.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into())),
            Err(_) => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }
}

async fn write_all(pool: PgPool, mut receiver: mpsc::Receiver<Waiter>) {
    let mut waiting = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut waiting, BATCH).await > 0 {
        while !waiting.is_empty() {
            write(&pool, next_batch(&mut waiting)).await;
        }
    }
}

/// Takes out what can be written at once: of one person's wishes about one prompt only the first, so
/// that each is answered as if it were alone.
fn next_batch(waiting: &mut Vec<Waiter>) -> Vec<Waiter> {
    let mut seen = HashSet::new();
    waiting.extract_if(.., |(wish, _)| seen.insert((wish.prompt, wish.user))).collect()
}

async fn write(pool: &PgPool, batch: Vec<Waiter>) {
    let wishes: Vec<Wish> = batch.iter().map(|(wish, _)| *wish).collect();
    let written = write_wishes(pool, &wishes).await.map_err(Arc::new);
    for (wish, sender) in batch {
        let outcome = match &written {
            Ok(changed) => Ok(changed.get(&(wish.prompt, wish.user)).copied()),
            Err(error) => Err(error.clone()),
        };
        // Nobody has to stay for the answer.
        let _ = sender.send(outcome);
    }
}

/// Whether each wish that could be fulfilled changed anything.
///
/// All prompts are kept, then all counters locked, each in order of id, and only then is anything
/// written: two writers, or a writer and whoever deletes a prompt, never wait in a circle. Who may
/// read a prompt is asked here, too: asked by each before, a thousand who come at once would be in
/// the way of the one connection that this needs.
async fn write_wishes(
    pool: &PgPool,
    wishes: &[Wish],
) -> sqlx::Result<HashMap<(PromptId, UserId), bool>> {
    let mut tx = pool.begin().await?;
    let kept = likes::keep_all(&mut tx, wishes).await?;
    let can = |wish: &&Wish| kept.contains(&(wish.prompt, wish.user));
    let possible: Vec<Wish> = wishes.iter().filter(can).copied().collect();
    counters::lock_all(&mut tx, &prompts_of(&possible)).await?;
    let changed: HashSet<_> = likes::write(&mut tx, &possible).await?.into_iter().collect();
    tx.commit().await?;
    let keys = possible.iter().map(|wish| (wish.prompt, wish.user));
    Ok(keys.map(|key| (key, changed.contains(&key))).collect())
}

/// Each once, in order of id.
fn prompts_of(wishes: &[Wish]) -> Vec<PromptId> {
    wishes.iter().map(|wish| wish.prompt).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_persons_wishes_about_one_prompt_are_written_one_after_the_other() {
        let (prompt, other) = (PromptId::new(), PromptId::new());
        let (ada, eve) = (UserId::new(), UserId::new());
        let wishes =
            [(prompt, ada, true), (prompt, eve, true), (prompt, ada, false), (other, ada, true)];
        let mut waiting: Vec<Waiter> = wishes
            .map(|(prompt, user, liked)| {
                (Wish { prompt, user, admin: false, liked }, oneshot::channel().0)
            })
            .into();
        let first = next_batch(&mut waiting);
        assert_eq!(first.iter().map(|(wish, _)| wish.liked).collect::<Vec<_>>(), [true; 3]);
        let second = next_batch(&mut waiting);
        assert!(matches!(second.as_slice(), [(Wish { liked: false, .. }, _)]));
        assert!(waiting.is_empty());
    }
}
