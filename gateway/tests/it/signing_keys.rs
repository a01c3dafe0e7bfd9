//! The keys by which tokens are verified: rotated, and published wrongly for a while.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use auth::{Role, Signer};
use axum::{Json, Router, routing::get};
use http::StatusCode;
use serde_json::{Value, json};
use testkit::{TestApp, eventually};

use crate::support::{StandIn, gateway, signer, token};

/// A key set that the test changes, and the number of times it was asked for.
#[derive(Clone)]
struct Published {
    set: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
}

impl Published {
    fn new(set: Value) -> Self {
        Self { set: Arc::new(Mutex::new(set)), asked: Arc::default() }
    }

    /// Starts a gateway that asks for the set.
    async fn gateway(&self) -> (Vec<StandIn>, TestApp) {
        let users = StandIn::start(self.router()).await;
        let prompts = StandIn::echo().await;
        let gateway = gateway(&[("USER", &users.url), ("PROMPT", &prompts.url)]).await;
        (vec![users, prompts], gateway)
    }

    fn router(&self) -> Router {
        let own = self.clone();
        let answer = move || async move {
            own.asked.fetch_add(1, Ordering::Relaxed);
            Json(own.set.lock().unwrap().clone())
        };
        Router::new().route("/.well-known/jwks.json", get(answer))
    }

    /// Publishes another set, and sends tokens of unknown keys until the gateway has asked for it.
    async fn publish(&self, set: Value, gateway: &TestApp) {
        *self.set.lock().unwrap() = set;
        let before = self.asked.load(Ordering::Relaxed);
        eventually("a question for the keys", || async {
            status(gateway, &signer()).await;
            (self.asked.load(Ordering::Relaxed) > before).then_some(())
        })
        .await;
    }
}

/// Returns the status that a token of a signer gets.
async fn status(gateway: &TestApp, signer: &Signer) -> StatusCode {
    let (_, token) = token(signer, &[Role::User]);
    gateway.anonymous().with_bearer(&token).get("/prompts/public").await.status
}

#[tokio::test]
async fn a_token_of_a_new_key_is_accepted_as_soon_as_the_key_is_published() {
    let (old, new) = (signer(), signer());
    // Both keys are published, as in a rotation; the gateway has only seen tokens of the old one.
    let mut both = serde_json::to_value(old.jwks()).unwrap();
    let added = serde_json::to_value(new.jwks()).unwrap()["keys"][0].clone();
    both["keys"].as_array_mut().unwrap().push(added);
    let published = Published::new(both);
    let (_users, gateway) = published.gateway().await;
    for signer in [&old, &new] {
        assert_eq!(status(&gateway, signer).await, 200);
    }
}

#[tokio::test]
async fn a_passing_bad_key_set_keeps_the_keys_and_a_lasting_other_one_replaces_them() {
    let (first, other) = (signer(), signer());
    let published = Published::new(serde_json::to_value(first.jwks()).unwrap());
    let (_others, gateway) = published.gateway().await;
    assert_eq!(status(&gateway, &first).await, 200);
    let rsa = json!({"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"});
    let other_set = serde_json::to_value(other.jwks()).unwrap();
    for bad in [json!({}), json!({"keys": []}), json!({"keys": [rsa]}), other_set.clone()] {
        published.publish(bad.clone(), &gateway).await;
        assert_eq!(status(&gateway, &first).await, 200, "{bad}");
    }
    eventually("a token of the other set", async || {
        (status(&gateway, &other).await == 200).then_some(())
    })
    .await;
    assert_eq!(status(&gateway, &first).await, 401);
}
