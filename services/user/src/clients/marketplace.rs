use ids::UserId;
use internal_api::{CallError, ServiceClient, marketplace::ForgetUser};

use super::FORGET_DEADLINE;

/// A client of the marketplace.
#[derive(Clone)]
pub struct Marketplace {
    client: ServiceClient,
}

impl Marketplace {
    pub fn new(client: ServiceClient) -> Self {
        Self { client: client.with_deadline(FORGET_DEADLINE) }
    }

    /// Takes a deleted account's listings off sale. Repeatable.
    ///
    /// # Errors
    /// When the marketplace does not confirm it.
    pub async fn forget_user(&self, user: UserId) -> Result<(), CallError> {
        self.client.call::<ForgetUser>(user, &(), None).await
    }
}
