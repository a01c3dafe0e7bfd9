//! The names of users, asked of the user service and cached. While the user service is away, names are
//! missing from answers, and nothing else is.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use ids::UserId;
use internal_api::{
    ServiceClient,
    user::{LookUpUsers, LookUpUsersRequest, MAX_LOOKUP_IDS},
};
use moka::sync::Cache;

use crate::domain::UserNames;

/// The time after which a changed name shows up, at most; a look-up comes on top.
const CACHED_FOR: Duration = Duration::from_secs(30);
const CAPACITY: u64 = 20_000;

/// The longest that an answer waits for names.
const DEADLINE: Duration = Duration::from_millis(500);

/// The pause after a failure, without which a hanging user service would slow every answer down.
const PAUSE: Duration = Duration::from_secs(2);

/// A cache in front of the user service.
pub struct UserDirectory {
    client: ServiceClient,
    cache: Cache<UserId, UserNames>,
    paused_until: Mutex<Option<Instant>>,
}

impl UserDirectory {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            client,
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(CACHED_FOR).build(),
            paused_until: Mutex::default(),
        }
    }

    /// Returns the names of these users, without those that could not be had.
    pub async fn names_of(
        &self,
        users: impl IntoIterator<Item = UserId>,
    ) -> HashMap<UserId, UserNames> {
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for id in users {
            match self.cache.get(&id) {
                Some(names) => {
                    known.insert(id, names);
                }
                None => unknown.push(id),
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() && !self.is_paused() {
            for ids in unknown.chunks(MAX_LOOKUP_IDS) {
                for (id, names) in self.look_up(ids).await {
                    self.cache.insert(id, names.clone());
                    known.insert(id, names);
                }
            }
        }
        known
    }

    /// Drops the names of a user whose account was deleted.
    pub fn forget(&self, user: UserId) {
        self.cache.invalidate(&user);
    }

    async fn look_up(&self, ids: &[UserId]) -> Vec<(UserId, UserNames)> {
        let request = LookUpUsersRequest { ids: ids.to_vec() };
        let call = self.client.call::<LookUpUsers>((), &request, None);
        let failure = match tokio::time::timeout(DEADLINE, call).await {
            Ok(Ok(found)) => {
                let users = found.users.into_iter();
                return users
                    .map(|user| {
                        let names =
                            UserNames { first_name: user.first_name, last_name: user.last_name };
                        (user.id, names)
                    })
                    .collect();
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {DEADLINE:?}"),
        };
        tracing::warn!("names are missing: {failure}");
        self.pause();
        Vec::new()
    }

    fn is_paused(&self) -> bool {
        let until = *self.paused_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        until.is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) {
        let until = Instant::now() + PAUSE;
        *self.paused_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(until);
    }
}
