//! Follows one test: its answer from the beginning, or from where the listener left off, as it arrives, and the
//! finished test at the end.
//!
//! Where the test runs in this process the text is read from its [live attempt](LiveAttempts). Where it runs
//! in another, or not yet, the database is polled: the other process stores there what has arrived.

use std::{collections::VecDeque, str::FromStr, sync::Arc, time::Duration};

use auth::Identity;
use ids::TestId;
use serde::Serialize;
use tokio::time::sleep;

use super::live_attempts::{LiveAttempt, LiveAttempts};
use crate::{
    domain::{PromptTest, TestStatus},
    repo::{prompt_tests, streams},
    state::AppState,
};

/// The time between polls for a test that runs elsewhere, and for one that does not run yet.
const POLL_RUNNING: Duration = Duration::from_millis(200);
const POLL_PENDING: Duration = Duration::from_secs(1);

/// An update for a listener.
#[derive(Debug)]
pub enum StreamUpdate {
    /// More of the answer.
    Text(TextChunk),
    /// The text so far is void: another attempt has started.
    Restart { attempt: i32 },
    /// The test has ended, and so does the stream.
    Done(Box<PromptTest>),
}

/// A chunk of an answer.
#[derive(Debug, Serialize)]
pub struct TextChunk {
    pub attempt: i32,
    /// Characters (Unicode code points) of this attempt's answer before the chunk.
    pub offset: i64,
    pub text: String,
}

/// The end of the text that a listener has. Written as `attempt:characters`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCursor {
    /// Number of the attempt; 0 before the first.
    pub attempt: i32,
    pub chars: i64,
}

impl FromStr for StreamCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (attempt, chars) = text.split_once(':').ok_or(())?;
        let cursor = Self {
            attempt: attempt.parse().map_err(|_| ())?,
            chars: chars.parse().map_err(|_| ())?,
        };
        if cursor.attempt > 0 && cursor.chars >= 0 { Ok(cursor) } else { Err(()) }
    }
}

/// A listener's stream of updates about one test.
pub struct PromptTestStream {
    state: AppState,
    listener: Identity,
    test: TestId,
    cursor: StreamCursor,
    /// The cursor in the text of the live attempt of this number, in bytes.
    bytes: Option<(i32, usize)>,
    updates: VecDeque<StreamUpdate>,
    over: bool,
}

impl PromptTestStream {
    /// Makes the stream of a test that the listener may see, from a cursor on.
    pub fn new(state: AppState, listener: Identity, test: TestId, from: StreamCursor) -> Self {
        Self {
            state,
            listener,
            test,
            cursor: from,
            bytes: None,
            updates: VecDeque::new(),
            over: false,
        }
    }

    /// Waits for the next update; `None` when there is no more, or the process stops: then the listener can go
    /// on at another instance, from its cursor.
    pub async fn next(&mut self) -> Option<(StreamUpdate, StreamCursor)> {
        let (state, live) = (self.state.clone(), self.state.live_attempts.clone());
        loop {
            if let Some(update) = self.updates.pop_front() {
                return Some((update, self.cursor));
            }
            if self.over {
                return None;
            }
            tokio::select! {
                () = state.shutdown.cancelled() => return None,
                () = self.step(&live) => {}
            }
        }
    }

    /// Waits until there are updates, or something else to look at.
    async fn step(&mut self, live: &LiveAttempts) {
        if let Some(attempt) = live.get(self.test) {
            return self.read_live(&attempt).await;
        }
        let pause = self.poll().await;
        if !self.updates.is_empty() || self.over {
            return;
        }
        tokio::select! {
            () = live.wait_for_start(self.test) => {}
            () = sleep(pause) => {}
        }
    }

    /// Reads new text from an attempt in this process, or waits for some.
    async fn read_live(&mut self, live: &Arc<LiveAttempt>) {
        let attempt = live.claim.attempt;
        let mut changes = live.subscribe();
        self.enter_attempt(attempt);
        let bytes = match self.bytes {
            Some((known, bytes)) if known == attempt => bytes,
            _ => {
                let offset = live.offset_of(self.cursor.chars);
                // A cursor beyond the text was made up; or is of a text that this attempt does not have.
                self.cursor.chars = offset.chars;
                offset.bytes
            }
        };
        let text = live.text_after(bytes);
        self.bytes = Some((attempt, bytes + text.len()));
        if !text.is_empty() {
            return self.push_text(text);
        }
        if !self.updates.is_empty() {
            return;
        }
        tokio::select! {
            // Some text; or an error, which cannot be while we hold the attempt.
            _ = changes.changed() => {}
            () = live.finished() => {}
        }
    }

    /// Polls the database. Returns the time to the next poll, if there was nothing new.
    async fn poll(&mut self) -> Duration {
        let StreamCursor { attempt, chars } = self.cursor;
        match streams::find_progress(&self.state.pool, self.test, attempt, chars).await {
            Ok(None) => self.over = true,
            Ok(Some(progress)) if progress.status.is_over() => self.finish().await,
            Ok(Some(progress)) if progress.status == TestStatus::Pending => return POLL_PENDING,
            Ok(Some(progress)) => {
                if !progress.text.is_empty() {
                    self.enter_attempt(progress.attempt);
                    self.push_text(progress.text);
                }
            }
            Err(error) => tracing::warn!(test = %self.test, "cannot be polled: {error}"),
        }
        POLL_RUNNING
    }

    /// Adds the rest of the response, and the finished test.
    async fn finish(&mut self) {
        let (id, is_admin) = (self.listener.id, self.listener.is_admin());
        match prompt_tests::find_visible(&self.state.pool, self.test, id, is_admin).await {
            Ok(None) => self.over = true,
            Ok(Some(test)) => {
                if let Some(response) = &test.response {
                    self.enter_attempt(test.attempts);
                    let start = usize::try_from(self.cursor.chars).unwrap_or(usize::MAX);
                    let rest: String = response.chars().skip(start).collect();
                    if !rest.is_empty() {
                        self.push_text(rest);
                    }
                }
                self.updates.push_back(StreamUpdate::Done(Box::new(test)));
                self.over = true;
            }
            Err(error) => tracing::warn!(test = %self.test, "cannot be polled: {error}"),
        }
    }

    /// Moves the cursor to this attempt, which the following text belongs to.
    fn enter_attempt(&mut self, attempt: i32) {
        if self.cursor.attempt == attempt {
            return;
        }
        if self.cursor.attempt != 0 {
            self.updates.push_back(StreamUpdate::Restart { attempt });
        }
        self.cursor = StreamCursor { attempt, chars: 0 };
    }

    fn push_text(&mut self, text: String) {
        let StreamCursor { attempt, chars: offset } = self.cursor;
        self.cursor.chars += i64::try_from(text.chars().count()).unwrap_or(0);
        self.updates.push_back(StreamUpdate::Text(TextChunk { attempt, offset, text }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_none() {
        assert_eq!("2:140".parse(), Ok(StreamCursor { attempt: 2, chars: 140 }));
        for nonsense in ["", "2", "2:", ":3", "0:3", "1:-1", "a:b", "1:2:3", "99999999999:1"] {
            assert!(nonsense.parse::<StreamCursor>().is_err(), "{nonsense}");
        }
    }
}
