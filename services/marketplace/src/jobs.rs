//! Background jobs, started from one list. Any number of processes may run them at the same time, and
//! a round that is cut off leaves each of its steps done or not done.

mod delete_old_purchase_keys;
mod follow_changes;
mod push_to_prompt_service;
mod refresh_prompt_copies;
mod settle_purchases;
mod settle_refunds;
mod update_search_index;

use std::time::Duration;

use service_kit::Job;

use crate::state::AppState;
use delete_old_purchase_keys::delete_old_purchase_keys;
use follow_changes::follow_changes;
use push_to_prompt_service::push_to_prompt_service;
use refresh_prompt_copies::refresh_prompt_copies;
use settle_purchases::settle_purchases;
use settle_refunds::settle_refunds;
use update_search_index::{SearchIndexer, update_search_index};

/// Returns every job of the service.
pub fn all(state: &AppState) -> Vec<Job> {
    let (settle, push) = (state.settle_every, state.sync_retry);
    let refresh = state.copy_refresh_period / 10;
    let indexer = SearchIndexer::new(state.pool.clone(), state.search_index.clone());
    vec![
        Job::every("settle_purchases", settle, state.clone(), settle_purchases),
        Job::every("settle_refunds", settle, state.clone(), settle_refunds),
        Job::every("push_to_prompt_service", push, state.clone(), push_to_prompt_service),
        Job::every("refresh_prompt_copies", refresh, state.clone(), refresh_prompt_copies),
        Job::every("delete_old_purchase_keys", settle, state.clone(), delete_old_purchase_keys),
        Job::long_running("follow_changes", state.clone(), follow_changes)
            .restarted_after(Duration::from_secs(1)),
        Job::every("update_search_index", Duration::from_secs(1), indexer, update_search_index)
            .woken_by(state.search_index.wake.clone()),
        idempotency::delete_old_keys(&state.pool),
    ]
}
