//! The index while it is open, and how far it follows.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ids::PromptId;
use metrics::counter;
use search::{Index, WriteError, Writer};
use serde::{Deserialize, Serialize};
use tokio::{task::spawn_blocking, time::Instant};
use uuid::Uuid;

use crate::{repo::search_changes::Changes, service::search_dir::SearchDir};

/// The time after which words of deleted prompts, and directories that nothing uses, leave the disk.
const CLEAN_PERIOD: Duration = Duration::from_secs(24 * 3600);

/// The time for which an index that a request found broken is not opened again once it was: a request that
/// the engine cannot answer from a sound index would have all of it read each time.
const REOPEN_PERIOD: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Open {
    pub dir: Option<Arc<SearchDir>>,
    pub index: Option<OpenIndex>,
    /// When an index was closed because a request found it broken.
    pub reopened_at: Option<Instant>,
}

pub(super) struct OpenIndex {
    pub reader: Index,
    writer: Arc<std::sync::Mutex<Writer>>,
    pub position: Option<Position>,
    pub committed_at: Instant,
    /// Whether it was emptied since its last commit, which may be of another database.
    pub is_emptied: bool,
}

/// How far an index follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    source: String,
    pub snapshot: String,
    /// The id up to which prompts were added; `None` when all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_to: Option<PromptId>,
    /// When its deleted prompts last left the disk, in seconds since 1970.
    #[serde(default)]
    cleaned_at: u64,
}

impl Open {
    /// Returns whether an index that a request found broken is to be opened again now.
    pub fn may_reopen(&self) -> bool {
        self.reopened_at.is_none_or(|at| at.elapsed() >= REOPEN_PERIOD)
    }

    /// Closes an index that is broken; the next round opens it.
    pub async fn close_broken(&mut self) {
        counter!("search_broken_total").increment(1);
        self.close().await;
        self.reopened_at = Some(Instant::now());
    }

    /// Closes the index on a blocking thread: it waits for the threads that write.
    pub async fn close(&mut self) {
        let index = self.index.take();
        // An error says that a destructor panicked: the index is closed all the same.
        let _ = spawn_blocking(move || drop(index)).await;
    }
}

impl OpenIndex {
    pub fn new(reader: Index, writer: Writer) -> Self {
        let position = writer.position().and_then(|text| serde_json::from_str(&text).ok());
        Self {
            reader,
            writer: Arc::new(std::sync::Mutex::new(writer)),
            position,
            committed_at: Instant::now(),
            is_emptied: false,
        }
    }

    pub fn is_being_built(&self) -> bool {
        self.position.as_ref().is_none_or(|position| position.built_to.is_some())
    }

    pub fn built_to(&self) -> Option<PromptId> {
        self.position.as_ref()?.built_to
    }

    /// Returns why the index must be built, if it must.
    pub fn cause_to_build(&self, changes: &Changes) -> Option<&'static str> {
        match &self.position {
            None => Some("new"),
            Some(position) if position.source != changes.source => Some("other_database"),
            Some(_) if !changes.is_whole => Some("too_far_behind"),
            Some(_) => None,
        }
    }

    /// Empties the index, and begins to build it.
    pub async fn begin(&mut self, changes: &Changes, cause: &'static str) -> anyhow::Result<()> {
        tracing::info!(cause, "the search index is built from all prompts");
        counter!("search_builds_total", "cause" => cause).increment(1);
        self.is_emptied = true;
        self.write(Writer::clear).await?;
        self.position = Some(Position {
            source: changes.source.clone(),
            snapshot: changes.snapshot.clone(),
            built_to: Some(PromptId(Uuid::nil())),
            cleaned_at: now(),
        });
        Ok(())
    }

    /// Starts to take words of deleted prompts off the disk, once a day. Returns whether it did.
    pub async fn clean(&mut self) -> anyhow::Result<bool> {
        let is_due = |position: &&mut Position| {
            now().saturating_sub(position.cleaned_at) >= CLEAN_PERIOD.as_secs()
        };
        let Some(position) = self.position.as_mut().filter(is_due) else { return Ok(false) };
        position.cleaned_at = now();
        self.write(|writer| {
            writer.force_merge_deletes();
            Ok(())
        })
        .await?;
        Ok(true)
    }

    pub async fn commit(&mut self) -> anyhow::Result<()> {
        let position = serde_json::to_string(&self.position)?;
        self.committed_at = Instant::now();
        self.write(move |writer| writer.commit(&position)).await?;
        self.is_emptied = false;
        Ok(())
    }

    /// Writes on a blocking thread.
    pub async fn write(
        &self,
        write: impl FnOnce(&mut Writer) -> Result<(), WriteError> + Send + 'static,
    ) -> anyhow::Result<()> {
        let writer = self.writer.clone();
        let written = spawn_blocking(move || {
            write(&mut writer.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Ok(written.await??)
    }
}

/// Returns the seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
