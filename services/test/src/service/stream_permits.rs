//! The limit on the streams that a user may have open at once, at this instance.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ids::UserId;

/// The number of open streams by user.
#[derive(Default)]
pub struct StreamPermits {
    open: Mutex<HashMap<UserId, usize>>,
}

/// A permit for one open stream; given back when dropped.
pub struct StreamPermit {
    permits: Arc<StreamPermits>,
    user: UserId,
}

impl StreamPermits {
    /// Returns a permit for one more stream of this user, unless they have `most` already.
    pub fn acquire(self: &Arc<Self>, user: UserId, most: usize) -> Option<StreamPermit> {
        let mut open = self.lock();
        let count = open.entry(user).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(StreamPermit { permits: self.clone(), user })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.permits.lock().entry(self.user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_counted_by_user_and_given_back() {
        let permits = Arc::new(StreamPermits::default());
        let (ada, eve) = (UserId::new(), UserId::new());
        let first = permits.acquire(ada, 1);
        assert!(first.is_some());
        assert!(permits.acquire(ada, 1).is_none());
        assert!(permits.acquire(eve, 1).is_some());
        drop(first);
        assert!(permits.acquire(ada, 1).is_some());
        assert!(permits.lock().is_empty());
    }
}
