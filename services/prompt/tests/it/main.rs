//! The prompt service, tested from outside: the real app on a real Postgres, the MongoDB protocol
//! and the Kafka protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

mod comments;
mod contention;
mod edits;
mod forks;
mod health;
mod heavy_requests;
mod idempotency_keys;
mod internal_entitlements;
mod internal_prompts;
mod labels;
mod likes;
mod list_support;
mod openapi;
mod page_limits;
mod placeholders;
mod premium;
mod premium_fixture;
mod prompt_cache;
mod prompt_events;
mod prompt_list_orders;
mod prompt_lists;
mod prompts;
mod published_versions;
mod ratings;
mod received_comments;
mod related_prompts;
mod render;
mod search;
mod search_index;
mod search_results;
mod search_support;
mod shared_reads;
mod suggestions;
mod support;
mod tags_and_categories;
mod text_rules;
mod user_deletion;
mod version_diff;
mod version_sweep;
mod versions;
mod views;
