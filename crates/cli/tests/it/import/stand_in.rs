//! A gateway as far as the importer can tell: accounts, sessions, one user's prompts.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Small, so that few prompts fill several pages.
const PAGE: usize = 2;

/// What befalls the next request to create a prompt.
#[derive(Clone, Copy)]
pub enum Fault {
    None,
    /// It is answered with this status and `Retry-After`.
    Answer(u16, Option<u32>),
    /// It has its effect, which the answer does not say.
    CreateThenAnswer(u16),
    /// All sessions have expired.
    ExpireSessions,
}

#[derive(Default)]
struct World {
    passwords: HashMap<String, String>,
    token: u32,
    prompts: Vec<Value>,
    faults: VecDeque<Fault>,
}

type Shared = Arc<Mutex<World>>;

pub struct StandIn {
    pub url: String,
    world: Shared,
}

impl StandIn {
    pub async fn start() -> Self {
        let world = Shared::default();
        let router = Router::new()
            .route("/auth/register", post(register))
            .route("/auth/login", post(log_in))
            .route("/prompts", post(create))
            .route("/prompts/my-prompts", get(list))
            .route("/prompts/{id}", get(find))
            .with_state(world.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, world }
    }

    pub fn expect(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world.lock().unwrap().faults.extend(faults);
    }

    pub fn prompts(&self) -> Vec<Value> {
        self.world.lock().unwrap().prompts.clone()
    }

    pub fn password_of(&self, username: &str) -> Option<String> {
        self.world.lock().unwrap().passwords.get(username).cloned()
    }
}

fn session(world: &World) -> Json<Value> {
    Json(json!({"accessToken": format!("token-{}", world.token)}))
}

fn signed_in(world: &World, headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|given| given == &format!("Bearer token-{}", world.token))
}

async fn register(State(world): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = world.lock().unwrap();
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    assert!(text("email").contains('@'));
    if world.passwords.contains_key(&text("username")) {
        return StatusCode::CONFLICT.into_response();
    }
    world.passwords.insert(text("username"), text("password"));
    (StatusCode::CREATED, session(&world)).into_response()
}

async fn log_in(State(world): State<Shared>, Json(body): Json<Value>) -> Response {
    let world = world.lock().unwrap();
    let (username, password) = (body["email"].as_str().unwrap(), body["password"].as_str());
    if world.passwords.get(username).map(String::as_str) == password {
        session(&world).into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn list(
    State(world): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let world = world.lock().unwrap();
    if !signed_in(&world, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // As a cursor may look, once escaped.
    let from =
        query.get("cursor").map_or(0, |cursor| cursor.trim_end_matches("+/=").parse().unwrap());
    assert_eq!(query["include"], "content");
    let mut page: Vec<Value> = world.prompts.iter().skip(from).take(PAGE).cloned().collect();
    // Only so many contents fit.
    page.iter_mut().skip(1).for_each(|prompt| prompt["content"] = Value::Null);
    let next = from + page.len();
    let next_cursor = (next < world.prompts.len()).then(|| format!("{next}+/="));
    Json(json!({"content": page, "nextCursor": next_cursor})).into_response()
}

async fn find(State(world): State<Shared>, Path(id): Path<usize>, headers: HeaderMap) -> Response {
    let world = world.lock().unwrap();
    if !signed_in(&world, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(world.prompts[id].clone()).into_response()
}

async fn create(
    State(world): State<Shared>,
    headers: HeaderMap,
    Json(mut body): Json<Value>,
) -> Response {
    let mut world = world.lock().unwrap();
    let fault = world.faults.pop_front().unwrap_or(Fault::None);
    if let Fault::ExpireSessions = fault {
        world.token += 1;
    }
    if !signed_in(&world, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Fault::Answer(status, retry_after) = fault {
        let headers = retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        let status = StatusCode::from_u16(status).unwrap();
        return match headers {
            Some(headers) => (status, headers).into_response(),
            None => status.into_response(),
        };
    }
    if body["content"].as_str().unwrap().chars().count() < 10 {
        let problem = json!({"errors": {"content": ["length is lower than 10"]}});
        return (StatusCode::BAD_REQUEST, Json(problem)).into_response();
    }
    body["id"] = json!(world.prompts.len().to_string());
    world.prompts.push(body);
    match fault {
        Fault::CreateThenAnswer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        _ => StatusCode::CREATED.into_response(),
    }
}
