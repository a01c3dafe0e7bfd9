//! Activities, dead letters, rollups, and the figures that answers are made of.

mod activity;
mod day_views;
mod dead_letter;
mod local_days;
pub mod period_views;
pub mod quarter;
mod stats;
mod trending;
pub mod trending_score;
mod viewer;

pub use activity::{Activity, PromptActivity, PromptEvent, UserActivity};
pub use day_views::{DayViews, ENTRY_LEN};
pub use dead_letter::DeadLetter;
pub use local_days::LocalDay;
pub use period_views::{DayCount, PeriodViews};
pub use stats::Stats;
pub use trending::{RankCursor, RankedPrompt, Trending, TrendingPrompt};
pub use viewer::{AnonymousViewer, Viewer};
