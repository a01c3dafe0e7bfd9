//! SQL, and nothing else.
//!
//! Several consumers write at once. So that none waits for another that waits for it, every
//! statement takes its rows in the order of their key, and every transaction its tables in one
//! order: events, facts, viewers, days, minutes, hours, totals, dead letters.

pub mod activity_counts;
pub mod dead_letters;
pub mod events;
pub mod partitions;
pub mod prompt_views;
