//! How many tests may run at once, of each provider. No two providers share a slot: one that is slow,
//! or that rate-limits us, fills its own and nobody else's.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::ModelProvider;

pub struct Slots(BTreeMap<ModelProvider, Arc<Semaphore>>);

/// Free again when dropped; whoever drops some rings the bell of the queue after the last.
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub fn new(bounds: &BTreeMap<ModelProvider, u32>) -> Self {
        let slots =
            bounds.iter().map(|(provider, n)| (*provider, Arc::new(Semaphore::new(*n as usize))));
        Self(slots.collect())
    }

    /// How many are free, of each provider that has any.
    pub fn free(&self) -> BTreeMap<ModelProvider, i32> {
        let free = self.0.iter().map(|(provider, slots)| {
            (*provider, i32::try_from(slots.available_permits()).unwrap_or(i32::MAX))
        });
        free.filter(|(_, n)| *n > 0).collect()
    }

    pub fn has_free(&self, provider: ModelProvider) -> bool {
        self.0.get(&provider).is_some_and(|slots| slots.available_permits() > 0)
    }

    pub fn take(&self, provider: ModelProvider) -> Option<Slot> {
        let permit = self.0.get(&provider)?.clone().try_acquire_owned().ok()?;
        Some(Slot { _permit: permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_without_a_free_slot_is_not_asked_for_and_the_others_are() {
        use ModelProvider::{Mock, Openai};
        let slots = Slots::new(&BTreeMap::from([(Mock, 1), (Openai, 2)]));
        let taken = slots.take(Mock);
        assert!(taken.is_some() && slots.take(Mock).is_none() && !slots.has_free(Mock));
        assert_eq!(slots.free(), BTreeMap::from([(Openai, 2)]));
        drop(taken);
        assert_eq!(slots.free(), BTreeMap::from([(Mock, 1), (Openai, 2)]));
        assert!(slots.take(ModelProvider::Gemini).is_none());
    }
}
