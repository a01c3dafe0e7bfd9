//! Answers about people that everyone may see, kept for a moment. Of suspended people there are none.

use std::time::Duration;

use ids::UserId;
use read_cache::{Copies, ReadCache};

use crate::domain::FollowList;

/// The life of a copy: counts and lists of followers, and a change of which no notification came, are behind
/// by this at most.
const LIFETIME: Duration = Duration::from_secs(1);

/// The bytes of all copies of one kind.
const CAPACITY: u64 = 16 << 20;

/// The bytes of an entry in [`AnswerCache::ids_by_name`], at most.
const NAME_BYTES: usize = 256;

#[derive(Clone)]
pub struct AnswerCache {
    pub profiles: ReadCache<UserId>,
    /// The accounts of folded usernames.
    pub ids_by_name: ReadCache<String, UserId>,
    pub stats: ReadCache<UserId>,
    /// The first page of each list.
    pub follow_lists: ReadCache<(FollowList, UserId)>,
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
            profiles: ReadCache::of_answers(lifetime, CAPACITY),
            ids_by_name: ReadCache::new(lifetime, CAPACITY, |_, _| NAME_BYTES),
            stats: ReadCache::of_answers(lifetime, CAPACITY),
            follow_lists: ReadCache::of_answers(lifetime, CAPACITY),
        }
    }

    /// Drops what shows an account after a change of it was committed.
    pub fn forget_account(&self, id: UserId) {
        self.profiles.forget(&id);
        // Which names, counts and lists the account was in is not known here, and accounts change seldom.
        self.ids_by_name.clear();
        self.stats.clear();
        self.follow_lists.clear();
    }

    /// Drops what shows a follow after it was written or deleted.
    pub fn forget_follow(&self, follower: UserId, followee: UserId) {
        self.stats.forget(&follower);
        self.stats.forget(&followee);
        self.follow_lists.forget(&(FollowList::Following, follower));
        self.follow_lists.forget(&(FollowList::Followers, followee));
    }
}

impl Copies for AnswerCache {
    fn drop_changed(&self, payload: &str) {
        match payload.parse() {
            Ok(id) => self.forget_account(id),
            Err(_) => self.drop_all(),
        }
    }

    fn drop_all(&self) {
        self.profiles.clear();
        self.ids_by_name.clear();
        self.stats.clear();
        self.follow_lists.clear();
    }
}
