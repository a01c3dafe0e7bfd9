//! SQL and MongoDB commands, and nothing else.

pub mod anonymized_batch;
pub mod comment_likes;
pub mod comments;
pub mod counters;
pub mod entitlements;
pub mod labels;
pub mod likes;
pub mod prompt_lists;
pub mod prompts;
pub mod ratings;
pub mod received_comments;
pub mod rows;
pub mod search_changes;
pub mod suggestions;
pub mod tags_and_categories;
pub mod version_sweep;
pub mod versions;
