//! A prompt service that knows what the test told it, remembers what it was told by the marketplace,
//! and can be away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use auth::{Identity, identity::X_USER_ID};
use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use http::{HeaderMap, StatusCode};
use ids::{LicenseId, PromptId, UserId};
use serde_json::{Value, json};
use testkit::INTERNAL_TOKEN;
use tokio::{net::TcpListener, task::JoinHandle};

/// Handles to it are the same service.
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
    premium: HashMap<PromptId, Value>,
    entitlements: HashMap<LicenseId, Value>,
    /// Each thing that was said, in order.
    calls: Vec<Call>,
}

/// One thing that was said: to which path, and with what.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub body: Value,
}

type Shared = Arc<Mutex<Known>>;

impl PromptService {
    pub async fn start() -> Self {
        let known = Shared::default();
        let router = Router::new()
            .route("/internal/prompts/ratings", get(ratings))
            .route("/internal/prompts/{id}", get(find))
            .route("/internal/prompts/{id}/premium", put(set_premium))
            .route("/internal/prompts/{id}/entitlements/{license}", put(grant).delete(revoke))
            .layer(middleware::from_fn_with_state(known.clone(), gate))
            .with_state(known.clone());
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

    /// A public prompt.
    pub fn write(&self, author: &Identity) -> PromptId {
        self.write_with(author, json!({}))
    }

    /// A prompt with these fields in place of the usual ones.
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

    /// Changes fields of a prompt; a new content is a new version.
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

    /// Answers nothing but 503 while away.
    pub fn set_away(&self, away: bool) {
        self.known().away = away;
    }

    /// What it was told of a prompt, if anything: `{premium, price, revision}`.
    pub fn premium(&self, id: PromptId) -> Option<Value> {
        self.known().premium.get(&id).cloned()
    }

    /// What it was told of a licence, if anything: `{userId, version, expiresAt}`, or `{revoked}`.
    pub fn entitlement(&self, license: &Value) -> Option<Value> {
        let license: LicenseId = license["id"].as_str().unwrap().parse().unwrap();
        self.known().entitlements.get(&license).cloned()
    }

    /// What was said about a prompt.
    pub fn calls(&self, id: PromptId) -> Vec<Call> {
        let about = id.to_string();
        self.known().calls.iter().filter(|call| call.path.contains(&about)).cloned().collect()
    }

    /// Ends it, as if its process had died.
    pub async fn stop(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

async fn gate(State(known): State<Shared>, request: Request, next: Next) -> Response {
    assert_eq!(request.headers()["x-internal-token"], INTERNAL_TOKEN);
    if known.lock().unwrap().away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

fn refused(code: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"code": code}))).into_response()
}

async fn find(
    State(known): State<Shared>,
    Path(id): Path<PromptId>,
    Query(query): Query<HashMap<String, i64>>,
    headers: HeaderMap,
) -> Response {
    let caller: Option<UserId> =
        headers.get(&X_USER_ID).map(|id| id.to_str().unwrap().parse().unwrap());
    let known = known.lock().unwrap();
    let Some(mut prompt) = known.prompts.get(&id).cloned() else {
        return refused("PROMPT_NOT_FOUND");
    };
    let newest = prompt["version"].as_i64().unwrap();
    let version = query.get("version").copied().unwrap_or(newest);
    let is_author = prompt["userId"] == json!(caller);
    let readable_from = known
        .entitlements
        .values()
        .filter(|held| held["promptId"] == json!(id) && held["userId"] == json!(caller))
        .filter_map(|held| held["version"].as_i64())
        .min();
    if prompt["visibility"] != "PUBLIC" && !is_author && readable_from.is_none() {
        return refused("PROMPT_NOT_FOUND");
    }
    if !(1..=newest).contains(&version) {
        return refused("VERSION_NOT_FOUND");
    }
    let premium = known.premium.get(&id).is_some_and(|premium| premium["premium"] == true);
    if premium && !is_author && readable_from.is_none_or(|from| version < from) {
        prompt["content"] = Value::Null;
    } else if version != newest {
        prompt["content"] = json!(format!("Version {version}."));
    }
    prompt["version"] = json!(version);
    Json(prompt).into_response()
}

/// A call that changes what a prompt is; what `apply` returns is the answer.
fn told(
    known: &Shared,
    prompt: PromptId,
    path: String,
    body: Value,
    apply: impl FnOnce(&mut Known) -> Value,
) -> Response {
    let mut known = known.lock().unwrap();
    known.calls.push(Call { path, body });
    if !known.prompts.contains_key(&prompt) {
        return refused("PROMPT_NOT_FOUND");
    }
    Json(apply(&mut known)).into_response()
}

async fn set_premium(
    State(known): State<Shared>,
    Path(id): Path<PromptId>,
    Json(body): Json<Value>,
) -> Response {
    assert_eq!(body["premium"] == true, !body["price"].is_null(), "{body}");
    told(&known, id, format!("{id}/premium"), body.clone(), |known| {
        let stands = known.premium.entry(id).or_insert(json!({"revision": 0}));
        if body["revision"].as_i64() > stands["revision"].as_i64() {
            *stands = body;
        }
        stands.clone()
    })
}

async fn grant(
    State(known): State<Shared>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    Json(mut body): Json<Value>,
) -> Response {
    told(&known, id, format!("{id}/entitlements/{license}"), body.clone(), |known| {
        body["promptId"] = json!(id);
        let stands = known.entitlements.entry(license).or_default();
        if stands["revoked"] != true {
            *stands = body;
        }
        stands.clone()
    })
}

async fn revoke(
    State(known): State<Shared>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
) -> Response {
    told(&known, id, format!("{id}/entitlements/{license}"), Value::Null, |known| {
        known.entitlements.insert(license, json!({"revoked": true}));
        json!({})
    })
}

async fn ratings(
    State(known): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let known = known.lock().unwrap();
    let ids: Vec<PromptId> = query["ids"].split(',').map(|id| id.parse().unwrap()).collect();
    assert!(ids.len() <= 100);
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| known.prompts.get(id))
        .map(|prompt| {
            // The words of a draft are its author's.
            let published = prompt["status"] == "PUBLISHED";
            let words = |field: &str| if published { prompt[field].clone() } else { Value::Null };
            json!({
                "id": prompt["id"], "averageRating": prompt["averageRating"],
                "title": words("title"), "description": words("description"),
                "category": words("category"),
            })
        })
        .collect();
    Json(found).into_response()
}
