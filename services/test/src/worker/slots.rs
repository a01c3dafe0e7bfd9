//! How many tests may run at once, in each lane. No two lanes share a slot: one that is slow, or that
//! rate-limits us, fills its own and nobody else's.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::LaneSlots,
    domain::Lane,
    repo::queue::claim::{Free, Room},
};

pub struct Slots(BTreeMap<Lane, (LaneSlots, Arc<Semaphore>)>);

/// Free again when dropped; whoever drops some rings the bell of the queue after the last.
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub fn new(lanes: &BTreeMap<Lane, LaneSlots>) -> Self {
        let lanes = lanes.iter().map(|(lane, slots)| {
            let all = Semaphore::new((slots.shared + slots.spare) as usize);
            (lane.clone(), (*slots, Arc::new(all)))
        });
        Self(lanes.collect())
    }

    /// What is free, of each lane that has any.
    pub fn free(&self) -> Free {
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let lanes = self.0.iter().map(|(lane, (slots, all))| {
            let room = Room {
                slots: count(all.available_permits()),
                spare: count(slots.spare as usize),
                limit: slots.limit.map(|limit| count(limit as usize)),
            };
            (lane.clone(), room)
        });
        lanes.filter(|(_, room)| room.slots > 0).collect()
    }

    pub fn has_free(&self, lane: &Lane) -> bool {
        self.0.get(lane).is_some_and(|(_, all)| all.available_permits() > 0)
    }

    pub fn take(&self, lane: &Lane) -> Option<Slot> {
        let permit = self.0.get(lane)?.1.clone().try_acquire_owned().ok()?;
        Some(Slot { _permit: permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ModelProvider::{Gemini, Mock, Openai};

    #[test]
    fn a_lane_without_a_free_slot_is_not_asked_for_and_the_others_are() {
        let lane = |provider| Lane::of(provider, "m");
        let few = |shared, spare| LaneSlots { shared, spare, limit: None };
        let slots =
            Slots::new(&BTreeMap::from([(lane(Mock), few(1, 0)), (lane(Openai), few(1, 1))]));
        let lanes = || slots.free().into_keys().collect::<Vec<_>>();
        let taken = slots.take(&lane(Mock));
        assert!(taken.is_some() && slots.take(&lane(Mock)).is_none());
        assert!(!slots.has_free(&lane(Mock)) && slots.has_free(&lane(Openai)));
        assert_eq!(lanes(), [lane(Openai)]);
        assert_eq!(slots.free()[&lane(Openai)], Room { slots: 2, spare: 1, limit: None });
        drop(taken);
        assert_eq!(lanes(), [lane(Mock), lane(Openai)]);
        assert!(slots.take(&lane(Gemini)).is_none());
    }
}
