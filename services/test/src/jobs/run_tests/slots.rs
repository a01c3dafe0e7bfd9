//! The slots for running tests, in each lane. No two lanes share a slot: one that is slow, or that rate-limits
//! us, fills its own and nobody else's.
//!
//! A server that breaks off one answer to give another can serve only one: a lane in which that happens, and
//! in which asking again costs nothing, runs one test at a time for a while.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::LaneSlots,
    domain::Lane,
    repo::queue::claim::{FreeSlots, LaneCapacity},
};

/// The time for which a lane runs one test at a time after an answer broke off.
const THROTTLED: Duration = Duration::from_secs(60);

/// The slots of all lanes in this process.
pub struct LaneSlotPool(BTreeMap<Lane, LaneState>);

struct LaneState {
    slots: LaneSlots,
    permits: Arc<Semaphore>,
    /// Time of the last answer that broke off.
    broke_off: Arc<Mutex<Option<Instant>>>,
}

/// A slot, free again when dropped. The code that drops some notifies the queue after the last.
pub struct Slot {
    _permit: OwnedSemaphorePermit,
    broke_off: Arc<Mutex<Option<Instant>>>,
}

impl Slot {
    /// Makes the lane run one test at a time for a while.
    pub fn throttle_lane(&self) {
        *self.broke_off.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl LaneState {
    fn limit(&self) -> Option<u32> {
        let broke_off = *self.broke_off.lock().unwrap_or_else(PoisonError::into_inner);
        match broke_off.is_some_and(|at| at.elapsed() < THROTTLED) {
            true => Some(1),
            false => self.slots.limit,
        }
    }
}

impl LaneSlotPool {
    pub fn new(lanes: &BTreeMap<Lane, LaneSlots>) -> Self {
        let lanes = lanes.iter().map(|(lane, slots)| {
            let all = Semaphore::new((slots.shared + slots.reserved) as usize);
            let (permits, broke_off) = (Arc::new(all), Arc::default());
            (lane.clone(), LaneState { slots: *slots, permits, broke_off })
        });
        Self(lanes.collect())
    }

    /// Returns the capacity of each lane that has a free slot.
    pub fn free(&self) -> FreeSlots {
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let lanes = self.0.iter().map(|(lane, state)| {
            let limit = state.limit();
            let capacity = LaneCapacity {
                slots: count(state.permits.available_permits()),
                // Of one slot none can be reserved.
                reserved: if limit == Some(1) { 0 } else { count(state.slots.reserved as usize) },
                limit: limit.map(|limit| count(limit as usize)),
            };
            (lane.clone(), capacity)
        });
        lanes.filter(|(_, capacity)| capacity.slots > 0).collect()
    }

    pub fn has_free(&self, lane: &Lane) -> bool {
        self.0.get(lane).is_some_and(|state| state.permits.available_permits() > 0)
    }

    pub fn take(&self, lane: &Lane) -> Option<Slot> {
        let state = self.0.get(lane)?;
        let permit = state.permits.clone().try_acquire_owned().ok()?;
        Some(Slot { _permit: permit, broke_off: state.broke_off.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model_client::ModelProvider::{Gemini, Mock, Openai};

    fn lane(provider: model_client::ModelProvider) -> Lane {
        Lane::of(provider, "m")
    }

    fn few(shared: u32, reserved: u32) -> LaneSlots {
        LaneSlots { shared, reserved, limit: None }
    }

    #[test]
    fn a_lane_without_a_free_slot_is_not_asked_for_and_the_others_are() {
        let slots = LaneSlotPool::new(&BTreeMap::from([
            (lane(Mock), few(1, 0)),
            (lane(Openai), few(1, 1)),
        ]));
        let lanes = || slots.free().into_keys().collect::<Vec<_>>();
        let taken = slots.take(&lane(Mock));
        assert!(taken.is_some() && slots.take(&lane(Mock)).is_none());
        assert!(!slots.has_free(&lane(Mock)) && slots.has_free(&lane(Openai)));
        assert_eq!(lanes(), [lane(Openai)]);
        assert_eq!(
            slots.free()[&lane(Openai)],
            LaneCapacity { slots: 2, reserved: 1, limit: None }
        );
        drop(taken);
        assert_eq!(lanes(), [lane(Mock), lane(Openai)]);
        assert!(slots.take(&lane(Gemini)).is_none());
    }

    #[test]
    fn a_lane_in_which_an_answer_broke_off_runs_one_test_at_a_time_and_no_other_does() {
        let slots = LaneSlotPool::new(&BTreeMap::from([
            (lane(Mock), few(2, 2)),
            (lane(Openai), few(2, 2)),
        ]));
        slots.take(&lane(Openai)).unwrap().throttle_lane();
        assert_eq!(
            slots.free()[&lane(Openai)],
            LaneCapacity { slots: 4, reserved: 0, limit: Some(1) }
        );
        assert_eq!(slots.free()[&lane(Mock)], LaneCapacity { slots: 4, reserved: 2, limit: None });
    }
}
