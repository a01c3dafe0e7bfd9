//! What is worth closing: what is smaller is read as quickly.

use crate::repo::closed_spans::SpanThresholds;

/// The number of entries of a prompt's day above which a merge queues it.
pub const QUEUED_ENTRIES: i32 = 64;

/// The sizes above which days and months are closed, and the spans that are.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// The number of entries of a prompt's day above which the first round queues it.
    pub queued_entries: i32,
    /// The number of entries of a day and the next.
    pub day_entries: i64,
    pub month_entries: i64,
    /// The number of prompts of an author that were viewed, each counted on each day.
    pub day_prompts: i64,
    pub month_prompts: i64,
    /// The number of prompts of an author whose every day is closed.
    pub author_prompts: usize,
    pub spans: SpanThresholds,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            queued_entries: QUEUED_ENTRIES,
            day_entries: 128,
            month_entries: 1024,
            day_prompts: 16,
            month_prompts: 128,
            author_prompts: 64,
            spans: SpanThresholds { rows: 2, author_prompts: 8, bytes: 24_576 },
        }
    }
}

/// The size of some days of a subject's prompts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    pub entries: i64,
    /// The number of days with views, each prompt's counted.
    pub days: i64,
    /// The number of an author's prompts; `None` where the subject is a prompt.
    pub author_prompts: Option<usize>,
}

impl Thresholds {
    /// Tells whether a day is worth closing, by its size with the next, or may be in a month of a size.
    pub fn close_day(&self, size: &Size) -> bool {
        self.are_passed(size, self.day_entries, self.day_prompts)
    }

    /// Tells whether a month is worth closing.
    pub fn close_month(&self, size: &Size) -> bool {
        self.are_passed(size, self.month_entries, self.month_prompts)
    }

    fn are_passed(&self, size: &Size, entries: i64, days: i64) -> bool {
        let of_author = |prompts: usize| size.days > days || prompts > self.author_prompts;
        size.entries > entries || size.author_prompts.is_some_and(of_author)
    }
}
