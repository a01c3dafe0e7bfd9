//! Follows all tests of a comparison in one stream, each from its own cursor.

use std::{fmt, str::FromStr};

use auth::Identity;
use futures_util::{
    StreamExt,
    stream::{BoxStream, SelectAll, unfold},
};
use ids::TestId;

use super::test_stream::{PromptTestStream, StreamCursor, StreamUpdate};
use crate::state::AppState;

/// What a listener has of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TestCursor {
    /// The text up to here.
    Text(StreamCursor),
    /// The finished test.
    Done,
}

/// What a listener has of each test of a comparison, in the order of the targets. Written as the cursors with
/// commas between: `1:140,0:0,done`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparisonCursor(Vec<TestCursor>);

impl FromStr for ComparisonCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let cursors = text.split(',').map(|cursor| match cursor {
            "done" => Ok(TestCursor::Done),
            "0:0" => Ok(TestCursor::Text(StreamCursor::default())),
            _ => cursor.parse().map(TestCursor::Text),
        });
        cursors.collect::<Result<_, ()>>().map(Self)
    }
}

impl fmt::Display for ComparisonCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, cursor) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match cursor {
                TestCursor::Done => write!(formatter, "{comma}done")?,
                TestCursor::Text(text) => {
                    write!(formatter, "{comma}{}:{}", text.attempt, text.chars)?;
                }
            }
        }
        Ok(())
    }
}

/// An update for a listener.
#[derive(Debug)]
pub enum ComparisonUpdate {
    /// About the test of this target.
    Test { index: usize, test: TestId, update: StreamUpdate },
    /// All tests have ended, and so does the stream.
    End,
}

type TestUpdates = BoxStream<'static, (usize, StreamUpdate, StreamCursor)>;

/// A listener's stream of updates about the tests of a comparison.
pub struct ComparisonStream {
    tests: Vec<TestId>,
    cursor: ComparisonCursor,
    updates: SelectAll<TestUpdates>,
    over: bool,
}

impl ComparisonStream {
    /// Makes the stream of tests that the listener may see, from a cursor on. A cursor of another number of
    /// tests counts as none.
    pub fn new(
        state: &AppState,
        listener: &Identity,
        tests: Vec<TestId>,
        from: ComparisonCursor,
    ) -> Self {
        let cursor = match from.0.len() == tests.len() {
            true => from,
            false => ComparisonCursor(vec![TestCursor::Text(StreamCursor::default()); tests.len()]),
        };
        let mut updates = SelectAll::new();
        for (index, (test, cursor)) in tests.iter().zip(&cursor.0).enumerate() {
            if let TestCursor::Text(from) = cursor {
                let stream = PromptTestStream::new(state.clone(), listener.clone(), *test, *from);
                updates.push(follow(index, stream));
            }
        }
        Self { tests, cursor, updates, over: false }
    }

    /// Waits for the next update; `None` when there is no more, or the process stops: then the listener can go
    /// on at another instance, from its cursor.
    pub async fn next(&mut self) -> Option<(ComparisonUpdate, &ComparisonCursor)> {
        let Some((index, update, cursor)) = self.updates.next().await else {
            // The streams of tests also end when the process stops.
            let all_done = self.cursor.0.iter().all(|cursor| *cursor == TestCursor::Done);
            let ends = all_done && !self.over;
            self.over = true;
            return ends.then_some((ComparisonUpdate::End, &self.cursor));
        };
        let test = *self.tests.get(index)?;
        *self.cursor.0.get_mut(index)? = match &update {
            StreamUpdate::Done(_) => TestCursor::Done,
            _ => TestCursor::Text(cursor),
        };
        Some((ComparisonUpdate::Test { index, test, update }, &self.cursor))
    }
}

/// Returns the updates of one test with the index of its target.
fn follow(index: usize, stream: PromptTestStream) -> TestUpdates {
    let next = move |mut stream: PromptTestStream| async move {
        let (update, cursor) = stream.next().await?;
        Some(((index, update, cursor), stream))
    };
    unfold(stream, next).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_none() {
        for text in ["1:140,0:0,done", "done", "0:0", "2:0,1:7"] {
            assert_eq!(text.parse::<ComparisonCursor>().unwrap().to_string(), text);
        }
        for nonsense in ["", "x", "1:1,", ",", "1:1,over", "1:-1,done", "0:3"] {
            assert!(nonsense.parse::<ComparisonCursor>().is_err(), "{nonsense}");
        }
    }
}
