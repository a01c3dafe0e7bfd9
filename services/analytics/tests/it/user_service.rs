//! A stand-in for the user service: every account exists that was not deleted.

use std::collections::HashSet;

use ids::UserId;
use internal_api::user::{LookUpUsers, LookUpUsersRequest, LookUpUsersResponse, UserNames};
use wiremock::Request;

use crate::stand_in::{Knowledge, StandIn};

pub type UserService = StandIn<Accounts>;

#[derive(Default)]
pub struct Accounts {
    deleted: HashSet<UserId>,
}

impl StandIn<Accounts> {
    /// Deletes an account.
    pub fn delete(&self, user: UserId) {
        self.with(|known| known.deleted.insert(user));
    }
}

impl Knowledge for Accounts {
    type Call = LookUpUsers;

    fn answer(&mut self, request: &Request) -> LookUpUsersResponse {
        let LookUpUsersRequest { ids } = request.body_json().unwrap();
        let exists = ids.into_iter().filter(|id| !self.deleted.contains(id));
        let users = exists.map(|id| UserNames {
            id,
            username: "ada".to_owned(),
            first_name: None,
            last_name: None,
        });
        LookUpUsersResponse { users: users.collect() }
    }
}
