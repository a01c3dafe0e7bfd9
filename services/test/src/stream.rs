//! Following one test: its answer from the beginning, or from where the listener left off, as it comes,
//! and the finished test at last.
//!
//! Where the test runs in this process the text is read from the [hub](crate::hub). Where it runs in
//! another, or not yet, the database is looked at now and then: the other stores there what has come.

use std::{collections::VecDeque, str::FromStr, sync::Arc, time::Duration};

use auth::Identity;
use ids::TestId;
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    domain::{Test, TestStatus},
    hub::{Hub, Run, Seat},
    repo,
    state::AppState,
};

/// How often the database is looked at for a test that runs elsewhere, and for one that does not run yet.
const LOOK: Duration = Duration::from_millis(200);
const LOOK_FOR_BEGIN: Duration = Duration::from_secs(1);

/// What a listener is told.
#[derive(Debug)]
pub enum News {
    /// More of the answer.
    Text(Text),
    /// What came so far is void: another attempt has begun.
    Restart { attempt: i32 },
    /// The test is over, and so is the stream.
    Done(Box<Test>),
}

/// A piece of an answer.
#[derive(Debug, Serialize)]
pub struct Text {
    pub attempt: i32,
    /// How many characters (Unicode code points) of this attempt's answer came before.
    pub offset: i64,
    pub text: String,
}

/// A place in an answer: what comes up to it, a listener has. As text `attempt:characters`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// 0 before the first.
    pub attempt: i32,
    pub chars: i64,
}

impl FromStr for Mark {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (attempt, chars) = text.split_once(':').ok_or(())?;
        let mark = Self {
            attempt: attempt.parse().map_err(|_| ())?,
            chars: chars.parse().map_err(|_| ())?,
        };
        if mark.attempt > 0 && mark.chars >= 0 { Ok(mark) } else { Err(()) }
    }
}

pub struct Follower {
    state: AppState,
    listener: Identity,
    test: TestId,
    mark: Mark,
    /// Where that is in the text that the hub has of the attempt, in bytes.
    bytes: Option<(i32, usize)>,
    news: VecDeque<News>,
    over: bool,
    _seat: Seat,
}

impl Follower {
    /// Of a test that the listener may see; from a place they know.
    pub fn new(state: AppState, listener: Identity, test: TestId, from: Mark, seat: Seat) -> Self {
        Self {
            state,
            listener,
            test,
            mark: from,
            bytes: None,
            news: VecDeque::new(),
            over: false,
            _seat: seat,
        }
    }

    /// Waits for the next news; `None` when there is no more, or the process stops: then the listener
    /// can go on at another instance, from its mark.
    pub async fn next(&mut self) -> Option<(News, Mark)> {
        let (state, hub) = (self.state.clone(), self.state.hub.clone());
        loop {
            if let Some(news) = self.news.pop_front() {
                return Some((news, self.mark));
            }
            if self.over {
                return None;
            }
            tokio::select! {
                () = state.shutdown.cancelled() => return None,
                () = self.step(&hub) => {}
            }
        }
    }

    /// Until there is news, or something else to look at.
    async fn step(&mut self, hub: &Hub) {
        if let Some(run) = hub.get(self.test) {
            return self.listen(&run).await;
        }
        let pause = self.look().await;
        if !self.news.is_empty() || self.over {
            return;
        }
        tokio::select! {
            () = hub.begins(self.test) => {}
            () = sleep(pause) => {}
        }
    }

    async fn listen(&mut self, run: &Arc<Run>) {
        let attempt = run.claim.attempt;
        let mut changes = run.news();
        self.enter(attempt);
        let bytes = match self.bytes {
            Some((known, bytes)) if known == attempt => bytes,
            _ => {
                let place = run.place_of(self.mark.chars);
                // A mark beyond the text was made up; or of a text that this attempt does not have.
                self.mark.chars = place.chars;
                place.bytes
            }
        };
        let text = run.text_after(bytes);
        self.bytes = Some((attempt, bytes + text.len()));
        if !text.is_empty() {
            return self.tell(text);
        }
        if !self.news.is_empty() {
            return;
        }
        tokio::select! {
            // Some text; or an error, which cannot be while we hold the run.
            _ = changes.changed() => {}
            () = run.over() => {}
        }
    }

    /// Looks at what the database has. Returns when to look again, if there was nothing new.
    async fn look(&mut self) -> Duration {
        let looked = repo::streams::progress(
            &self.state.pool,
            self.test,
            self.mark.attempt,
            self.mark.chars,
        );
        match looked.await {
            Ok(None) => self.over = true,
            Ok(Some(progress)) if progress.status.is_over() => self.finish().await,
            Ok(Some(progress)) if progress.status == TestStatus::Pending => return LOOK_FOR_BEGIN,
            Ok(Some(progress)) => {
                if !progress.text.is_empty() {
                    self.enter(progress.attempt);
                    self.tell(progress.text);
                }
            }
            Err(error) => tracing::warn!(test = %self.test, "cannot look at it: {error}"),
        }
        LOOK
    }

    /// What is left of the response, and the finished test.
    async fn finish(&mut self) {
        let who = &self.listener;
        match repo::tests::find_visible(&self.state.pool, self.test, who.id, who.is_admin()).await {
            Ok(None) => self.over = true,
            Ok(Some(test)) => {
                if let Some(response) = &test.response {
                    self.enter(test.attempts);
                    let start = usize::try_from(self.mark.chars).unwrap_or(usize::MAX);
                    let rest: String = response.chars().skip(start).collect();
                    if !rest.is_empty() {
                        self.tell(rest);
                    }
                }
                self.news.push_back(News::Done(Box::new(test)));
                self.over = true;
            }
            Err(error) => tracing::warn!(test = %self.test, "cannot look at it: {error}"),
        }
    }

    /// What comes next belongs to this attempt.
    fn enter(&mut self, attempt: i32) {
        if self.mark.attempt == attempt {
            return;
        }
        if self.mark.attempt != 0 {
            self.news.push_back(News::Restart { attempt });
        }
        self.mark = Mark { attempt, chars: 0 };
    }

    fn tell(&mut self, text: String) {
        let offset = self.mark.chars;
        self.mark.chars += i64::try_from(text.chars().count()).unwrap_or(0);
        self.news.push_back(News::Text(Text { attempt: self.mark.attempt, offset, text }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back_and_nonsense_is_none() {
        assert_eq!("2:140".parse(), Ok(Mark { attempt: 2, chars: 140 }));
        for nonsense in ["", "2", "2:", ":3", "0:3", "1:-1", "a:b", "1:2:3", "99999999999:1"] {
            assert!(nonsense.parse::<Mark>().is_err(), "{nonsense}");
        }
    }
}
