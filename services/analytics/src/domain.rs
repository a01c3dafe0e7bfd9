//! Activities, dead letters, and the figures that answers are made of.

mod activity;
mod dead_letter;
mod stats;
mod trending;

pub use activity::{Activity, PromptActivity, PromptEvent, UserActivity};
pub use dead_letter::{
    Bytes, DeadLetter, DeadLetterFilter, DeadLetterSummary, Header, Replay, StoredLetter,
};
pub use stats::Stats;
pub use trending::{RankedPrompt, Trending, TrendingPrompt};
