//! A stand-in for the user service: every account exists that was not deleted, and it can be away.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use ids::UserId;
use internal_api::{
    Call,
    user::{LookUpUsers, LookUpUsersRequest, LookUpUsersResponse, UserNames},
};
use testkit::INTERNAL_TOKEN;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path},
};

pub struct UserService {
    server: MockServer,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    away: bool,
    deleted: HashSet<UserId>,
}

impl UserService {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let known: Arc<Mutex<Known>> = Arc::default();
        let shared = known.clone();
        Mock::given(method("POST"))
            .and(path(LookUpUsers::PATH))
            .and(header("x-internal-token", INTERNAL_TOKEN))
            .respond_with(move |request: &Request| shared.lock().unwrap().answer(request))
            .mount(&server)
            .await;
        Self { server, known }
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// Deletes an account.
    pub fn delete(&self, user: UserId) {
        self.known.lock().unwrap().deleted.insert(user);
    }

    /// Has every question answered with 503 while away.
    pub fn set_away(&self, away: bool) {
        self.known.lock().unwrap().away = away;
    }
}

impl Known {
    fn answer(&self, request: &Request) -> ResponseTemplate {
        if self.away {
            return ResponseTemplate::new(503);
        }
        let LookUpUsersRequest { ids } = request.body_json().unwrap();
        let exists = ids.into_iter().filter(|id| !self.deleted.contains(id));
        let users = exists.map(|id| UserNames {
            id,
            username: "ada".to_owned(),
            first_name: None,
            last_name: None,
        });
        ResponseTemplate::new(200).set_body_json(LookUpUsersResponse { users: users.collect() })
    }
}
