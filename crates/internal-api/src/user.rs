//! What the user service answers to other services.

pub mod revocations;

use std::convert::Infallible;

use garde::Validate;
use ids::UserId;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Method};

/// Looks up the names of accounts.
pub struct LookUpUsers;

impl Call for LookUpUsers {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/internal/users/lookup";
    type Params = ();
    type Request = LookUpUsersRequest;
    type Response = LookUpUsersResponse;
    type Refusal = Infallible;
}

/// The most ids in one [`LookUpUsersRequest`].
pub const MAX_LOOKUP_IDS: usize = 1000;

#[derive(Debug, Serialize, Deserialize, Validate)]
pub struct LookUpUsersRequest {
    #[garde(length(max = MAX_LOOKUP_IDS))]
    pub ids: Vec<UserId>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct LookUpUsersResponse {
    /// The accounts that exist, in any order.
    pub users: Vec<UserNames>,
}

/// The names of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserNames {
    pub id: UserId,
    pub username: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}
