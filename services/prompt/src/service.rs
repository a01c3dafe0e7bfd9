//! Use cases; each owns its transaction.

pub mod comments;
pub mod forks;
pub mod keyed_mutex;
pub mod labels;
pub mod like_queue;
pub mod likes;
pub mod premium;
pub mod prompt_cache;
pub mod prompt_lists;
pub mod prompts;
pub mod ratings;
pub mod reading;
pub mod search;
pub mod standing_reader;
pub mod stats;
pub mod tags_and_categories;
pub mod usage_counter;
pub mod user_deletion;
pub mod versions;
pub mod view_deduplicator;
