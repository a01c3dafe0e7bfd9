//! A prompt service that knows what the test told it, remembers what it was told by the marketplace,
//! and can be away.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
};

use auth::{Identity, Internal, InternalToken, identify, identity::X_INTERNAL_TOKEN};
use axum::{
    extract::State,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use http_kit::Path;
use ids::{LicenseId, PromptId, UserId};
use internal_api::{
    Failure, Request,
    prompt::{
        EntitlementResponse, GetPrompt, GetPromptRefusal, GrantEntitlement,
        GrantEntitlementRequest, ListRatings, MAX_RATINGS, PremiumResponse, PromptResponse,
        RatingResponse, RevokeEntitlement, SetPremium, SetPremiumRequest, Status, UnknownPrompt,
        Visibility,
    },
    route,
};
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
    premium: HashMap<PromptId, SetPremiumRequest>,
    entitlements: HashMap<LicenseId, Entitlement>,
    /// Each thing that was said, in order.
    calls: Vec<Call>,
}

struct Entitlement {
    prompt: PromptId,
    /// `None` once it was revoked.
    granted: Option<GrantEntitlementRequest>,
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
        let token = InternalToken::new(INTERNAL_TOKEN);
        let router = route::<ListRatings, _, _, _>(list_ratings)
            .merge(route::<GetPrompt, _, _, _>(get_prompt))
            .merge(route::<SetPremium, _, _, _>(set_premium))
            .merge(route::<GrantEntitlement, _, _, _>(grant_entitlement))
            .merge(route::<RevokeEntitlement, _, _, _>(revoke_entitlement))
            .layer(middleware::from_fn_with_state(token, identify))
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
        self.known().premium.get(&id).map(|premium| json!(premium))
    }

    /// What it was told of a licence, if anything: `{userId, version, expiresAt}`, or `{revoked}`.
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

async fn gate(
    State(known): State<Shared>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    assert_eq!(request.headers()[&X_INTERNAL_TOKEN], INTERNAL_TOKEN);
    if known.lock().unwrap().away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

impl Known {
    fn prompt(&self, id: PromptId) -> Option<PromptResponse> {
        let prompt = self.prompts.get(&id)?;
        Some(serde_json::from_value(prompt.clone()).unwrap())
    }

    /// The first version that a buyer may read.
    fn readable_from(&self, prompt: PromptId, buyer: UserId) -> Option<i32> {
        let held = self.entitlements.values().filter(|held| held.prompt == prompt);
        let granted = held.filter_map(|held| held.granted.as_ref());
        granted.filter(|granted| granted.user_id == buyer).map(|granted| granted.version).min()
    }
}

async fn get_prompt(
    Internal(caller): Internal,
    State(known): State<Shared>,
    Path(id): Path<PromptId>,
    Request(query): Request<GetPrompt>,
) -> Result<PromptResponse, Failure<GetPromptRefusal>> {
    let known = known.lock().unwrap();
    let not_found = Failure::Refused(GetPromptRefusal::PromptNotFound);
    let Some(mut prompt) = known.prompt(id) else { return Err(not_found) };
    let newest = prompt.version;
    let version = query.version.unwrap_or(newest);
    let caller = caller.map(|caller| caller.id);
    let is_author = caller == Some(prompt.user_id);
    let readable_from = caller.and_then(|caller| known.readable_from(id, caller));
    if prompt.visibility != Visibility::Public && !is_author && readable_from.is_none() {
        return Err(not_found);
    }
    if !(1..=newest).contains(&version) {
        return Err(Failure::Refused(GetPromptRefusal::VersionNotFound));
    }
    let premium = known.premium.get(&id).is_some_and(|premium| premium.premium);
    if premium && !is_author && readable_from.is_none_or(|from| version < from) {
        prompt.content = None;
    } else if version != newest {
        prompt.content = Some(format!("Version {version}."));
    }
    prompt.version = version;
    Ok(prompt)
}

/// A call that changes what a prompt is; what `apply` returns is the answer.
fn told<T>(
    known: &Shared,
    prompt: PromptId,
    path: String,
    body: Value,
    apply: impl FnOnce(&mut Known) -> T,
) -> Result<T, Failure<UnknownPrompt>> {
    let mut known = known.lock().unwrap();
    known.calls.push(Call { path, body });
    if !known.prompts.contains_key(&prompt) {
        return Err(Failure::Refused(UnknownPrompt::PromptNotFound));
    }
    Ok(apply(&mut known))
}

async fn set_premium(
    _: Internal,
    State(known): State<Shared>,
    Path(id): Path<PromptId>,
    Request(body): Request<SetPremium>,
) -> Result<PremiumResponse, Failure<UnknownPrompt>> {
    assert_eq!(body.premium, body.price.is_some(), "{body:?}");
    told(&known, id, format!("{id}/premium"), json!(body), |known| {
        let free = SetPremiumRequest { premium: false, price: None, revision: 0 };
        let current = known.premium.entry(id).or_insert(free);
        if body.revision > current.revision {
            *current = body;
        }
        PremiumResponse {
            prompt_id: id,
            premium: current.premium,
            price: current.price,
            revision: current.revision,
        }
    })
}

async fn grant_entitlement(
    _: Internal,
    State(known): State<Shared>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    Request(body): Request<GrantEntitlement>,
) -> Result<EntitlementResponse, Failure<UnknownPrompt>> {
    told(&known, id, format!("{id}/entitlements/{license}"), json!(body), |known| {
        let granted = Entitlement { prompt: id, granted: None };
        let is_revoked = known.entitlements.get(&license).is_some_and(|it| it.granted.is_none());
        let current = known.entitlements.entry(license).or_insert(granted);
        if !is_revoked {
            current.granted = Some(body);
        }
        entitlement_response(license, current)
    })
}

async fn revoke_entitlement(
    _: Internal,
    State(known): State<Shared>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    _: Request<RevokeEntitlement>,
) -> Result<EntitlementResponse, Failure<UnknownPrompt>> {
    told(&known, id, format!("{id}/entitlements/{license}"), Value::Null, |known| {
        let revoked = Entitlement { prompt: id, granted: None };
        let response = entitlement_response(license, &revoked);
        known.entitlements.insert(license, revoked);
        response
    })
}

fn entitlement_response(license_id: LicenseId, entitlement: &Entitlement) -> EntitlementResponse {
    let granted = entitlement.granted.as_ref();
    EntitlementResponse {
        license_id,
        prompt_id: entitlement.prompt,
        user_id: granted.map(|granted| granted.user_id),
        version: granted.map(|granted| granted.version),
        expires_at: granted.and_then(|granted| granted.expires_at),
        revoked_at: granted.is_none().then(pg::Timestamp::now),
    }
}

async fn list_ratings(
    _: Internal,
    State(known): State<Shared>,
    _: Path<()>,
    Request(query): Request<ListRatings>,
) -> Result<Vec<RatingResponse>, Failure<Infallible>> {
    let known = known.lock().unwrap();
    let ids = query.ids().unwrap();
    assert!(ids.len() <= MAX_RATINGS);
    let rating = |prompt: PromptResponse| {
        // The words of a draft are its author's.
        let published = prompt.status == Status::Published;
        RatingResponse {
            id: prompt.id,
            title: Some(prompt.title).filter(|_| published),
            description: prompt.description.filter(|_| published),
            category: Some(prompt.category).filter(|_| published),
            average_rating: prompt.average_rating,
        }
    };
    Ok(ids.iter().filter_map(|id| known.prompt(*id)).map(rating).collect())
}
