//! Use cases; each owns its transaction.

pub mod comments;
pub mod forks;
pub mod keyed_mutex;
pub mod labels;
pub mod like_queue;
pub mod likes;
mod passages;
pub mod premium;
pub mod prompt_cache;
pub mod prompt_lists;
pub mod prompts;
pub mod ratings;
pub mod reading;
pub mod related_prompts;
pub mod search;
pub mod search_dir;
pub mod search_index;
pub mod standing_reader;
pub mod stats;
pub mod suggestions;
pub mod tags_and_categories;
pub mod usage_counter;
pub mod user_deletion;
pub mod versions;
pub mod view_deduplicator;
