//! Activities, dead letters, rollups, and the figures that answers are made of.

mod activity;
mod author_statistics;
pub mod closed_days;
mod day_views;
mod dead_letter;
mod local_days;
pub mod period;
pub mod period_layout;
pub mod period_views;
pub mod quarter;
mod stats;
mod timeseries;
mod trending;
pub mod trending_score;
mod viewer;

pub use activity::{Activity, PromptActivity, PromptEvent, UserActivity};
pub use author_statistics::{AuthorStatistics, ShownPrompt};
pub use day_views::{DayViews, ENTRY_LEN};
pub use dead_letter::{
    Bytes, DeadLetter, DeadLetterFilter, DeadLetterSummary, Header, Replay, StoredLetter,
};
pub use local_days::{Interval, LocalDay};
pub use period::{Bound, NamedZone, Period, PeriodError};
pub use period_views::{DayCount, PeriodViews};
pub use stats::Stats;
pub use timeseries::{Metric, Point, Timeseries};
pub use trending::{CANDIDATES, RankCursor, RankedPrompt, Trending, TrendingPrompt};
pub use viewer::{AnonymousViewer, Viewer};
