//! Which accounts exist, asked of the user service and cached for seconds.

use std::time::Duration;

use ids::UserId;
use internal_api::{
    CallError, ServiceClient,
    user::{LookUpUsers, LookUpUsersRequest},
};
use moka::sync::Cache;

/// The time after which an account that was deleted is gone here too, at most.
const CACHED_FOR: Duration = Duration::from_secs(2);
const CAPACITY: u64 = 10_000;

/// The longest that an answer waits for the user service.
const DEADLINE: Duration = Duration::from_secs(1);

/// A cache in front of the user service.
pub struct UserDirectory {
    client: ServiceClient,
    cache: Cache<UserId, bool>,
}

impl UserDirectory {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            client: client.with_deadline(DEADLINE),
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(CACHED_FOR).build(),
        }
    }

    /// Returns whether an account exists, suspended or not.
    ///
    /// # Errors
    /// When the user service cannot be asked.
    pub async fn exists(&self, user: UserId) -> Result<bool, CallError> {
        if let Some(exists) = self.cache.get(&user) {
            return Ok(exists);
        }
        let request = LookUpUsersRequest { ids: vec![user] };
        let found = self.client.call::<LookUpUsers>((), &request, None).await?;
        let exists = found.users.iter().any(|names| names.id == user);
        self.cache.insert(user, exists);
        Ok(exists)
    }
}
