//! Background work, started from one list.

mod delete_ended_streams;
mod delete_old_days;
mod extend_leases;
mod fail_unserved;
mod measure_queue;
mod run_tests;
mod store_streams;

use std::time::Duration;

use service_kit::Job;

use crate::{config::WorkerConfig, state::AppState};
use delete_ended_streams::delete_ended_streams;
use delete_old_days::delete_old_days;
use extend_leases::{Leases, extend_leases};
use fail_unserved::fail_unserved;
use measure_queue::measure_queue;
use run_tests::{DRAIN_TIME, run_tests};
use store_streams::{STORE_PERIOD, store_streams};

/// The longest time between extensions of the leases. They also find the tests that were cancelled at another
/// instance.
const EXTEND_PERIOD: Duration = Duration::from_secs(1);

/// Returns every job of the service.
pub fn all(state: &AppState, worker: WorkerConfig) -> Vec<Job> {
    let leases = Leases { state: state.clone(), lease: worker.lease };
    let extend_period = EXTEND_PERIOD.min(worker.lease / 3);
    vec![
        // For the tests under way to finish, and the others to be released.
        Job::long_running("run_tests", (state.clone(), worker), run_tests)
            .finishes_within(DRAIN_TIME),
        // The tests under way at shutdown keep their leases, and their listeners elsewhere.
        Job::every("extend_leases", extend_period, leases, extend_leases).until_drained(),
        Job::every("store_streams", STORE_PERIOD, state.clone(), store_streams).until_drained(),
        Job::every("measure_queue", Duration::from_secs(15), state.clone(), measure_queue),
        Job::every(
            "delete_ended_streams",
            Duration::from_secs(60),
            state.clone(),
            delete_ended_streams,
        ),
        Job::every("fail_unserved", Duration::from_secs(60), state.clone(), fail_unserved),
        Job::every("delete_old_days", Duration::from_secs(3600), state.clone(), delete_old_days),
        idempotency::delete_old_keys(&state.pool),
    ]
}
