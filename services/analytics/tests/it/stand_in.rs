//! A stand-in for another service that answers one internal call, and can be away.

use std::sync::{Arc, Mutex};

use internal_api::Call;
use testkit::INTERNAL_TOKEN;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path},
};

/// What a stand-in knows, and answers from.
pub trait Knowledge: Default + Send + 'static {
    type Call: Call;

    fn answer(&mut self, request: &Request) -> <Self::Call as Call>::Response;
}

pub struct StandIn<K> {
    server: MockServer,
    state: Arc<Mutex<State<K>>>,
}

#[derive(Default)]
struct State<K> {
    away: bool,
    known: K,
}

impl<K: Knowledge> StandIn<K> {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let state: Arc<Mutex<State<K>>> = Arc::default();
        let shared = state.clone();
        Mock::given(method("POST"))
            .and(path(K::Call::PATH))
            .and(header("x-internal-token", INTERNAL_TOKEN))
            .respond_with(move |request: &Request| {
                let mut state = shared.lock().unwrap();
                if state.away {
                    return ResponseTemplate::new(503);
                }
                ResponseTemplate::new(200).set_body_json(state.known.answer(request))
            })
            .mount(&server)
            .await;
        Self { server, state }
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// Has every question answered with 503 while away.
    pub fn set_away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    /// Reads or changes what it knows.
    pub fn with<T>(&self, use_known: impl FnOnce(&mut K) -> T) -> T {
        use_known(&mut self.state.lock().unwrap().known)
    }
}
