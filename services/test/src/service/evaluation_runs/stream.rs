//! Follows a run: its cells as they end, and how many are where.
//!
//! The database is polled, for any instance may end a cell.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    str::FromStr,
    time::Duration,
};

use auth::Identity;
use http_kit::page::Slice;
use ids::{RunId, TestId};
use timestamp::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::check_owner;
use crate::{
    domain::{Cell, CellFilter, EvaluationRunProgress},
    error::ServiceError,
    repo::evaluation_runs,
    state::AppState,
};

/// The time between polls.
const POLL: Duration = Duration::from_secs(1);

/// The time after its end within which a cell becomes visible: its end is the beginning of the transaction that
/// wrote it.
const COMMIT_MILLIS: i64 = 5_000;

/// The most cells that are read at once.
const BATCH: i64 = 200;

/// An update for a listener.
#[derive(Debug)]
pub enum RunUpdate {
    /// A cell has ended.
    Cell(Box<Cell>),
    /// How many cells are where.
    Progress(EvaluationRunProgress),
    /// All cells have ended, and so does the stream.
    End,
}

/// The time up to which a listener knows the ends of cells, by the clock of the database. Written in milliseconds
/// since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCursor(Option<i64>);

impl FromStr for RunCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().map(|millis| Self(Some(millis))).map_err(|_| ())
    }
}

impl fmt::Display for RunCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.unwrap_or_default().fmt(formatter)
    }
}

/// A listener's stream of updates about a run.
pub struct EvaluationRunStream {
    state: AppState,
    run: RunId,
    cursor: RunCursor,
    /// The cells that were told and that may be read again, by the time at which they were read.
    told: HashMap<TestId, i64>,
    progress: Option<EvaluationRunProgress>,
    next_poll: Instant,
    /// Updates with the cursors that a listener has after them.
    updates: VecDeque<(RunUpdate, RunCursor)>,
    over: bool,
}

impl EvaluationRunStream {
    /// Makes the stream of a run of the listener's, of ends after a cursor; by default from now on.
    ///
    /// # Errors
    /// When the listener has no such run.
    pub async fn new(
        state: AppState,
        listener: &Identity,
        run: RunId,
        from: RunCursor,
    ) -> Result<Self, ServiceError> {
        check_owner(&state, listener, run).await?;
        Ok(Self {
            state,
            run,
            cursor: from,
            told: HashMap::new(),
            progress: None,
            next_poll: Instant::now(),
            updates: VecDeque::new(),
            over: false,
        })
    }

    /// Waits for the next update; `None` when there is no more, or the process stops: then the listener can go
    /// on at another instance, from its cursor.
    pub async fn next(&mut self) -> Option<(RunUpdate, RunCursor)> {
        let state = self.state.clone();
        loop {
            if let Some(update) = self.updates.pop_front() {
                return Some(update);
            }
            if self.over {
                return None;
            }
            tokio::select! {
                () = state.shutdown.cancelled() => return None,
                () = self.step() => {}
            }
        }
    }

    /// Waits until the next poll is due, and looks for updates.
    async fn step(&mut self) {
        sleep_until(self.next_poll).await;
        self.next_poll = Instant::now() + POLL;
        if let Err(error) = self.poll().await {
            tracing::warn!(run = %self.run, "cannot be polled: {error}");
        }
    }

    async fn poll(&mut self) -> sqlx::Result<()> {
        // Before the cells, so that when it says that all have ended they are all read.
        let Some((now, progress)) = evaluation_runs::progress(&self.state.pool, self.run).await?
        else {
            self.over = true;
            return Ok(());
        };
        let from = self.cursor.0.unwrap_or(now).clamp(0, now);
        let ended_since = Some(Timestamp::from_millis(from - COMMIT_MILLIS));
        let filter = CellFilter { ended_since, ..CellFilter::default() };
        // Whoever is cut off after one of the first updates lacks others that were read with it.
        let before = RunCursor(Some(from));
        if self.progress.replace(progress) != Some(progress) {
            self.updates.push_back((RunUpdate::Progress(progress), before));
        }
        let mut after = None;
        loop {
            let slice = Slice { after, offset: 0, limit: BATCH };
            let cells =
                evaluation_runs::list_cells(&self.state.pool, self.run, filter, None, slice)
                    .await?;
            after = cells.last().map(|cell| (cell.row_number, cell.target_index));
            let is_last = cells.len() < BATCH as usize;
            for cell in cells {
                if self.told.insert(cell.test_id, now).is_none() {
                    self.updates.push_back((RunUpdate::Cell(Box::new(cell)), before));
                }
            }
            if is_last {
                break;
            }
        }
        self.told.retain(|_, read| *read == now);
        self.cursor = RunCursor(Some(now));
        if progress.done == progress.total {
            self.updates.push_back((RunUpdate::End, self.cursor));
            self.over = true;
        }
        Ok(())
    }
}
