use ids::UserId;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use crate::Event;

/// The registration of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    pub user_id: UserId,
    pub username: String,
    pub registered_at: Timestamp,
}

impl Event for UserRegistered {
    const TOPIC: &'static str = "user.registered";
    const TYPE: &'static str = "USER_REGISTERED";

    fn key(&self) -> String {
        self.user_id.to_string()
    }
}
