//! Keeps this instance's search index as the prompts are.
//!
//! The position up to which an index follows is in its own commit, so that the two never differ. It is the
//! snapshot under which the log of changes was read last; changes that this snapshot does not show come
//! next, however late their transactions commit. While an index is being built it also has the id up to
//! which all prompts were added: a process that was killed goes on there.
//!
//! An index that is new, of another database, or further behind than the log reaches is built from all
//! prompts; changes are followed meanwhile.

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use ids::PromptId;
use metrics::gauge;
use search::{Change, Index, WriteError};
use service_kit::Next;
use sqlx::PgPool;
use tokio::{
    sync::Mutex,
    task::{JoinError, spawn_blocking},
    time::sleep,
};
use uuid::Uuid;

use self::open_index::{Open, OpenIndex};
use crate::{
    repo::search_changes::{self, Changes},
    service::{
        search_dir::SearchDir,
        search_index::{Progress, SearchIndex},
    },
};

/// The time between two commits. A prompt is found after this and the time of a commit.
const COMMIT_PERIOD: Duration = Duration::from_millis(500);

/// The time after which the position is committed though nothing has changed, so that it stays within the
/// log.
const POSITION_PERIOD: Duration = Duration::from_secs(600);

/// Prompts that are read in one statement.
const BATCH: usize = 500;

/// Prompts that are written before a commit while an index is being built or is far behind.
const MAX_UNCOMMITTED: usize = 20_000;

/// The time after which an index that no process has open is deleted. It would be built again anyway: the
/// log of changes reaches no further back.
const UNUSED_AGE: Duration = Duration::from_secs(24 * 3600);

/// Seconds for which an instance is believed to have a complete index since it last said so.
const SEEN_SECONDS: f64 = 5.0;

/// What the job keeps between its rounds.
#[derive(Clone)]
pub struct SearchFollower {
    pool: PgPool,
    /// The directory that instances share.
    parent: PathBuf,
    index: Arc<SearchIndex>,
    instance: Uuid,
    open: Arc<Mutex<Open>>,
}

/// Brings the index up to date, or some way towards it.
pub async fn follow_search_changes(follower: SearchFollower) -> anyhow::Result<Next> {
    let mut open = follower.open.lock().await;
    let outcome = follower.round(&mut open).await;
    if let Err(error) = &outcome {
        follower.index.note_failure();
        let is_emptied = open.index.as_ref().is_some_and(|index| index.is_emptied);
        if is_emptied || error.is::<WriteError>() || error.is::<JoinError>() {
            // What was not committed is lost; the next round opens it at its last commit.
            open.close().await;
        }
    }
    outcome
}

impl SearchFollower {
    pub fn new(pool: PgPool, parent: PathBuf, index: Arc<SearchIndex>) -> Self {
        Self { pool, parent, index, instance: Uuid::new_v4(), open: Arc::default() }
    }

    async fn round(&self, open: &mut Open) -> anyhow::Result<Next> {
        if open.may_reopen() && self.index.take_broken() {
            open.close_broken().await;
        }
        let index = match &mut open.index {
            Some(index) => index,
            closed => closed.insert(self.open(&mut open.dir).await?),
        };
        if !index.is_being_built() {
            sleep(COMMIT_PERIOD.saturating_sub(index.committed_at.elapsed())).await;
        }
        let since = index.position.as_ref().map(|position| position.snapshot.as_str());
        let changes = search_changes::read_changes(&self.pool, since).await?;
        gauge!("search_lag_seconds").set(changes.age_seconds.unwrap_or(0.0));
        let cause = index.cause_to_build(&changes);
        let mut has_changed = match cause {
            Some(cause) => {
                index.begin(&changes, cause).await?;
                true
            }
            None => {
                self.index.set(index.reader.clone());
                self.follow(index, &changes).await?
            }
        };
        has_changed |= self.build(index).await?;
        if index.clean().await? {
            has_changed = true;
            delete_unused(open.dir.clone()).await;
        }
        if has_changed || index.committed_at.elapsed() >= POSITION_PERIOD {
            index.commit().await?;
        }
        if cause.is_some() {
            // Only now it shows nothing of another database.
            self.index.set(index.reader.clone());
        }
        if has_changed {
            self.index.begin_next_generation();
        }
        self.index.note_followed();
        gauge!("search_lag_seconds").set(0.0);
        self.report(index).await?;
        Ok(Next::at_once_if(index.is_being_built()))
    }

    /// Opens the index.
    async fn open(&self, dir: &mut Option<Arc<SearchDir>>) -> anyhow::Result<OpenIndex> {
        let (parent, taken) = (self.parent.clone(), dir.clone());
        let opening = move || -> anyhow::Result<_> {
            let dir = match taken {
                Some(dir) => dir,
                None => Arc::new(SearchDir::take(&parent)?),
            };
            let opened = Index::open(&dir.path)?;
            Ok((dir, opened))
        };
        let (taken, (reader, writer)) = spawn_blocking(opening).await??;
        *dir = Some(taken);
        Ok(OpenIndex::new(reader, writer))
    }

    /// Applies the changes. Returns whether there were any.
    async fn follow(&self, index: &mut OpenIndex, changes: &Changes) -> anyhow::Result<bool> {
        for part in changes.prompts.chunks(MAX_UNCOMMITTED) {
            for batch in part.chunks(BATCH) {
                self.apply(index, batch).await?;
            }
            if part.len() == MAX_UNCOMMITTED {
                // At the old position: who is killed here applies the same changes again.
                index.commit().await?;
                self.index.begin_next_generation();
                self.index.note_followed();
            }
        }
        if let Some(position) = &mut index.position {
            position.snapshot.clone_from(&changes.snapshot);
        }
        Ok(!changes.prompts.is_empty())
    }

    /// Adds more prompts to an index that is being built. Returns whether it was.
    async fn build(&self, index: &mut OpenIndex) -> anyhow::Result<bool> {
        let mut added = 0;
        while let Some(after) = index.built_to().filter(|_| added < MAX_UNCOMMITTED) {
            let ids = search_changes::ids_after(&self.pool, after, BATCH as i64).await?;
            self.apply(index, &ids).await?;
            added += BATCH;
            if let Some(position) = &mut index.position {
                position.built_to = ids.last().copied();
            }
        }
        Ok(added > 0)
    }

    /// Indexes these prompts as they are now.
    async fn apply(&self, index: &OpenIndex, ids: &[PromptId]) -> anyhow::Result<()> {
        let listed = search_changes::find_listed(&self.pool, ids).await?;
        let found: HashSet<_> = listed.iter().map(|prompt| prompt.id).collect();
        let gone = ids.iter().filter(|id| !found.contains(id)).map(|id| Change::Remove(id.0));
        let changes: Vec<_> = listed.into_iter().map(Change::from).chain(gone).collect();
        index.write(move |writer| writer.apply(changes)).await
    }

    /// Says how complete the index is, to this process and to other instances.
    async fn report(&self, index: &OpenIndex) -> anyhow::Result<()> {
        let progress = match index.is_being_built() {
            true => Progress::Building {
                is_elsewhere: search_changes::is_complete_elsewhere(
                    &self.pool,
                    self.instance,
                    SEEN_SECONDS,
                )
                .await?,
            },
            false => {
                search_changes::note_complete(&self.pool, self.instance).await?;
                Progress::Complete
            }
        };
        self.index.set_progress(progress);
        Ok(())
    }
}

/// Deletes the directories of instances that are gone, on a blocking thread.
async fn delete_unused(dir: Option<Arc<SearchDir>>) {
    let deleting = spawn_blocking(move || dir.map_or(Ok(()), |dir| dir.delete_unused(UNUSED_AGE)));
    if let Ok(Err(error)) = deleting.await {
        tracing::warn!(%error, "directories of the search index that nothing uses were not deleted");
    }
}

mod open_index;
#[cfg(test)]
mod tests;
