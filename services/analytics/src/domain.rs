//! Activities, dead letters, and the figures that answers are made of.

mod activity;
mod dead_letter;
mod local_days;
mod period;
mod stats;
mod trending;

pub use activity::{Activity, PromptActivity, PromptEvent, UserActivity};
pub use dead_letter::DeadLetter;
pub use local_days::{Interval, LocalDay};
pub use period::{Bound, MAX_POINTS, NamedZone, Period, PeriodError};
pub use stats::Stats;
pub use trending::{RankedPrompt, Trending, TrendingPrompt};
