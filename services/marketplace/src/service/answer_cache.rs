//! Answers about listings on sale, which everyone may see, kept for a moment.

use std::time::Duration;

use ids::ListingId;
use read_cache::{Copies, ReadCache};

use crate::domain::SortBy;

/// The life of a copy: sales and ratings, new listings in pages, and a change of which no notification came,
/// are behind by this at most.
const LIFETIME: Duration = Duration::from_secs(1);

/// The bytes of all copies of one kind.
const CAPACITY: u64 = 16 << 20;

#[derive(Clone)]
pub struct AnswerCache {
    pub listings: ReadCache<ListingId>,
    /// The first page of all that is on sale, in each order.
    pub first_pages: ReadCache<SortBy>,
}

impl Default for AnswerCache {
    fn default() -> Self {
        Self::living(LIFETIME)
    }
}

impl AnswerCache {
    /// Makes a cache whose copies live for this time.
    pub fn living(lifetime: Duration) -> Self {
        Self {
            listings: ReadCache::of_answers(lifetime, CAPACITY),
            first_pages: ReadCache::of_answers(lifetime, CAPACITY),
        }
    }

    /// Drops what shows a listing after a change of it was committed.
    pub fn forget(&self, id: ListingId) {
        self.listings.forget(&id);
        self.first_pages.clear();
    }
}

impl Copies for AnswerCache {
    fn drop_changed(&self, payload: &str) {
        match payload.parse() {
            Ok(id) => self.forget(id),
            Err(_) => self.drop_all(),
        }
    }

    fn drop_all(&self) {
        self.listings.clear();
        self.first_pages.clear();
    }
}
