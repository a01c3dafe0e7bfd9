//! The names of users, asked of the user service and cached. While the user service is away, names are
//! missing from answers, and nothing else is.

use std::{collections::HashMap, time::Duration};

use ids::UserId;
use internal_api::{
    FailurePause, ServiceClient,
    user::{LookUpUsers, LookUpUsersRequest, MAX_LOOKUP_IDS},
};
use moka::sync::Cache;

use crate::domain::UserNames;

/// The time after which a changed name shows up, at most; a look-up comes on top.
const CACHED_FOR: Duration = Duration::from_secs(30);
const CAPACITY: u64 = 20_000;

/// The longest that an answer waits for names.
const DEADLINE: Duration = Duration::from_millis(500);

/// The pause after a failure of the user service.
const PAUSE: Duration = Duration::from_secs(2);

/// A cache in front of the user service.
pub struct UserDirectory {
    client: ServiceClient,
    cache: Cache<UserId, UserNames>,
    pause: FailurePause,
}

impl UserDirectory {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            client,
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(CACHED_FOR).build(),
            pause: FailurePause::new(PAUSE),
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
        if !unknown.is_empty() && !self.pause.is_on() {
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

    /// Returns the names of users as the user service has them; an account that is gone has none. Empty where it
    /// does not answer.
    async fn look_up(&self, ids: &[UserId]) -> HashMap<UserId, UserNames> {
        let request = LookUpUsersRequest { ids: ids.to_vec() };
        let call = self.client.call::<LookUpUsers>((), &request, None);
        let failure = match tokio::time::timeout(DEADLINE, call).await {
            Ok(Ok(found)) => {
                let no_names = ids.iter().map(|id| (*id, UserNames::default()));
                let users = found.users.into_iter().map(|user| {
                    (user.id, UserNames { first_name: user.first_name, last_name: user.last_name })
                });
                return no_names.chain(users).collect();
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {DEADLINE:?}"),
        };
        tracing::warn!("names are missing: {failure}");
        self.pause.begin();
        HashMap::new()
    }
}
