//! A stand-in for the prompt service: it has the prompts of the test, records the calls of the
//! marketplace, and can be away.

mod handlers;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use auth::Identity;
use ids::{LicenseId, PromptId, UserId};
use internal_api::prompt::{GrantEntitlementRequest, PromptResponse, SetPremiumRequest};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A handle to the stand-in; clones share it.
#[derive(Clone)]
pub struct PromptService {
    url: String,
    known: Arc<Mutex<Known>>,
    server: Arc<JoinHandle<()>>,
}

#[derive(Default)]
struct Known {
    away: bool,
    prompts: HashMap<PromptId, Value>,
    premium: HashMap<PromptId, SetPremiumRequest>,
    entitlements: HashMap<LicenseId, Entitlement>,
    /// The calls, in order.
    calls: Vec<Call>,
}

struct Entitlement {
    prompt: PromptId,
    /// `None` after the entitlement was revoked.
    granted: Option<GrantEntitlementRequest>,
}

/// A call of the marketplace.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub body: Value,
}

type Shared = Arc<Mutex<Known>>;

impl PromptService {
    pub async fn start() -> Self {
        let known = Shared::default();
        let router = handlers::router(known.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server =
            Arc::new(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }));
        Self { url, known, server }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Adds a public prompt.
    pub fn write(&self, author: &Identity) -> PromptId {
        self.write_with(author, json!({}))
    }

    /// Adds a prompt with these fields instead of the default ones.
    pub fn write_with(&self, author: &Identity, fields: Value) -> PromptId {
        let id = PromptId::new();
        let prompt = json!({
            "id": id, "title": "Code reviewer", "description": "Reviews code.",
            "content": "You review code.", "contentPreview": "You review", "category": "Programming",
            "tags": ["code"], "userId": author.id, "username": author.username,
            "visibility": "PUBLIC", "status": "PUBLISHED", "version": 3, "model": null,
            "averageRating": 4.5,
        });
        self.known().prompts.insert(id, prompt);
        self.edit(id, fields);
        id
    }

    /// Changes fields of a prompt.
    pub fn edit(&self, id: PromptId, fields: Value) {
        let mut known = self.known();
        let prompt = known.prompts.get_mut(&id).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            prompt[name] = value.clone();
        }
    }

    pub fn delete(&self, id: PromptId) {
        self.known().prompts.remove(&id);
    }

    /// Makes every call fail with 503, or no longer.
    pub fn set_away(&self, away: bool) {
        self.known().away = away;
    }

    /// Returns the last pushed state of a prompt: `{premium, price, revision}`.
    pub fn premium(&self, id: PromptId) -> Option<Value> {
        self.known().premium.get(&id).map(|premium| json!(premium))
    }

    /// Returns the last pushed state of a licence: `{userId, version, expiresAt}`, or `{revoked}`.
    pub fn entitlement(&self, license: &Value) -> Option<Value> {
        let license: LicenseId = license["id"].as_str().unwrap().parse().unwrap();
        self.known().entitlements.get(&license).map(|Entitlement { prompt, granted }| match granted
        {
            Some(granted) => {
                let mut granted = json!(granted);
                granted["promptId"] = json!(prompt);
                granted
            }
            None => json!({"revoked": true}),
        })
    }

    /// Returns the calls about a prompt.
    pub fn calls(&self, id: PromptId) -> Vec<Call> {
        let about = id.to_string();
        self.known().calls.iter().filter(|call| call.path.contains(&about)).cloned().collect()
    }

    /// Stops the stand-in, as if its process had died.
    pub async fn stop(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

impl Known {
    fn prompt(&self, id: PromptId) -> Option<PromptResponse> {
        let prompt = self.prompts.get(&id)?;
        Some(serde_json::from_value(prompt.clone()).unwrap())
    }

    /// Returns the first version that a buyer may read.
    fn readable_from(&self, prompt: PromptId, buyer: UserId) -> Option<i32> {
        let held = self.entitlements.values().filter(|held| held.prompt == prompt);
        let granted = held.filter_map(|held| held.granted.as_ref());
        granted.filter(|granted| granted.user_id == buyer).map(|granted| granted.version).min()
    }
}
