//! Asking what prompts' answers to users depend on, for many requests in one statement.
//!
//! Each such question is two look-ups by primary key, which cost Postgres and the driver less than the statement
//! around them. So one statement asks at once for all requests that came while the last one ran: the more there
//! are, the cheaper each is, and a single one waits for nothing.

use std::sync::{Arc, Mutex, MutexGuard};

use ids::{PromptId, UserId};
use sqlx::PgPool;
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::{domain::Standing, repo::prompts};

/// Questions in one statement.
const BATCH: usize = 500;

/// Statements that run at once: one that hangs holds up nobody.
const MAX_RUNNING: usize = 2;

type Outcome = Result<Standing, Arc<sqlx::Error>>;

type Question = ((PromptId, UserId), oneshot::Sender<Outcome>);

#[derive(Clone)]
pub struct StandingReader(Arc<Inner>);

struct Inner {
    pool: PgPool,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Question>,
    running: usize,
}

impl StandingReader {
    pub fn new(pool: PgPool) -> Self {
        Self(Arc::new(Inner { pool, queue: Mutex::default() }))
    }

    /// Returns what the answer to one user depends on, of a prompt that is known.
    pub async fn find(&self, prompt: PromptId, user: UserId) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        {
            let mut queue = self.0.lock();
            queue.waiting.push(((prompt, user), sender));
            if queue.running < MAX_RUNNING {
                queue.running += 1;
                // A task of its own: the request may be dropped, and others wait for the statement.
                tokio::spawn(Running::new(self.0.clone()).answer_all().in_current_span());
            }
        }
        outcome.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A poisoned queue is still a queue.
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The right to run statements, which is given back even if one panics.
struct Running {
    inner: Arc<Inner>,
    given_back: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.given_back {
            self.inner.lock().running -= 1;
        }
    }
}

impl Running {
    fn new(inner: Arc<Inner>) -> Self {
        Self { inner, given_back: false }
    }

    /// Answers questions until none waits.
    async fn answer_all(mut self) {
        while let Some(batch) = self.next_batch() {
            answer(&self.inner.pool, batch).await;
        }
    }

    /// Takes out questions. Where there are none it gives the right back under the same lock, so that a question
    /// which comes next starts a task.
    fn next_batch(&mut self) -> Option<Vec<Question>> {
        let mut queue = self.inner.lock();
        if queue.waiting.is_empty() {
            queue.running -= 1;
            self.given_back = true;
            return None;
        }
        let count = queue.waiting.len().min(BATCH);
        Some(queue.waiting.drain(..count).collect())
    }
}

async fn answer(pool: &PgPool, batch: Vec<Question>) {
    let (keys, senders): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let outcomes: Vec<Outcome> = match prompts::find_standings(pool, &keys).await {
        Ok(standings) => standings.into_iter().map(Ok).collect(),
        Err(error) => {
            let error = Arc::new(error);
            keys.iter().map(|_| Err(error.clone())).collect()
        }
    };
    for (sender, outcome) in senders.into_iter().zip(outcomes) {
        // The request may have been dropped.
        let _ = sender.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use sqlx::query;

    use super::*;

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn each_of_a_thousand_at_once_is_answered_as_if_it_were_alone(pool: PgPool) {
        let reader = StandingReader::new(pool.clone());
        let (prompt, user) = (PromptId::new(), UserId::new());
        let constraint = "alter table prompt_likes drop constraint prompt_likes_prompt_id_fkey";
        query(constraint).execute(&pool).await.unwrap();
        query("insert into prompt_likes (prompt_id, user_id) values ($1, $2)")
            .bind(prompt)
            .bind(user)
            .execute(&pool)
            .await
            .unwrap();
        let answers = join_all((0..1000).map(|n| {
            let user = if n % 3 == 0 { user } else { UserId::new() };
            let reader = reader.clone();
            async move { reader.find(prompt, user).await.unwrap().has_liked }
        }))
        .await;
        for (n, has_liked) in answers.into_iter().enumerate() {
            assert_eq!(has_liked, n % 3 == 0, "{n}");
        }
        assert_eq!(reader.0.lock().running, 0);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn an_error_is_that_of_each_question_and_the_next_is_asked_again(pool: PgPool) {
        let reader = StandingReader::new(pool.clone());
        let ask = || reader.find(PromptId::new(), UserId::new());
        query("alter table prompt_likes rename to hidden").execute(&pool).await.unwrap();
        assert!(join_all((0..3).map(|_| ask())).await.iter().all(Result::is_err));
        query("alter table hidden rename to prompt_likes").execute(&pool).await.unwrap();
        assert!(!ask().await.unwrap().has_liked);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn who_leaves_takes_no_answer_from_others(pool: PgPool) {
        let reader = StandingReader::new(pool);
        let (first, second) = (reader.clone(), reader.clone());
        let leaves = tokio::spawn(async move { first.find(PromptId::new(), UserId::new()).await });
        let stays = tokio::spawn(async move { second.find(PromptId::new(), UserId::new()).await });
        leaves.abort();
        stays.await.unwrap().unwrap();
        reader.find(PromptId::new(), UserId::new()).await.unwrap();
    }
}
