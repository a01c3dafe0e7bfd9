//! A fake gateway with what the importer uses: accounts, sessions, one user's prompts.

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

/// The size of a page: few prompts fill several.
const PAGE: usize = 2;

/// A fault of the next request to create a prompt.
#[derive(Clone, Copy)]
pub enum Fault {
    None,
    /// The request is answered with this status and `Retry-After`.
    Answer(u16, Option<u32>),
    /// The prompt is created, but the response has this status.
    CreateThenAnswer(u16),
    /// All sessions expire.
    ExpireSessions,
}

#[derive(Default)]
struct GatewayState {
    passwords: HashMap<String, String>,
    token: u32,
    prompts: Vec<Value>,
    faults: VecDeque<Fault>,
}

type Shared = Arc<Mutex<GatewayState>>;

pub struct FakeGateway {
    pub url: String,
    state: Shared,
}

impl FakeGateway {
    pub async fn start() -> Self {
        let state = Shared::default();
        let router = Router::new()
            .route("/auth/register", post(register))
            .route("/auth/login", post(log_in))
            .route("/prompts", post(create))
            .route("/prompts/my-prompts", get(list))
            .route("/prompts/{id}", get(find))
            .with_state(state.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    pub fn prompts(&self) -> Vec<Value> {
        self.state.lock().unwrap().prompts.clone()
    }

    pub fn password_of(&self, username: &str) -> Option<String> {
        self.state.lock().unwrap().passwords.get(username).cloned()
    }
}

fn session(state: &GatewayState) -> Json<Value> {
    Json(json!({"accessToken": format!("token-{}", state.token)}))
}

fn signed_in(state: &GatewayState, headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|given| given == &format!("Bearer token-{}", state.token))
}

async fn register(State(state): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut state = state.lock().unwrap();
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    assert!(text("email").contains('@'));
    if state.passwords.contains_key(&text("username")) {
        return StatusCode::CONFLICT.into_response();
    }
    state.passwords.insert(text("username"), text("password"));
    (StatusCode::CREATED, session(&state)).into_response()
}

async fn log_in(State(state): State<Shared>, Json(body): Json<Value>) -> Response {
    let state = state.lock().unwrap();
    let (username, password) = (body["email"].as_str().unwrap(), body["password"].as_str());
    if state.passwords.get(username).map(String::as_str) == password {
        session(&state).into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn list(
    State(state): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let state = state.lock().unwrap();
    if !signed_in(&state, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // A cursor may have characters that are escaped in a query.
    let from =
        query.get("cursor").map_or(0, |cursor| cursor.trim_end_matches("+/=").parse().unwrap());
    assert_eq!(query["include"], "content");
    let mut page: Vec<Value> = state.prompts.iter().skip(from).take(PAGE).cloned().collect();
    // Only the first content fits.
    page.iter_mut().skip(1).for_each(|prompt| prompt["content"] = Value::Null);
    let next = from + page.len();
    let next_cursor = (next < state.prompts.len()).then(|| format!("{next}+/="));
    Json(json!({"content": page, "nextCursor": next_cursor})).into_response()
}

async fn find(State(state): State<Shared>, Path(id): Path<usize>, headers: HeaderMap) -> Response {
    let state = state.lock().unwrap();
    if !signed_in(&state, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(state.prompts[id].clone()).into_response()
}

async fn create(
    State(state): State<Shared>,
    headers: HeaderMap,
    Json(mut body): Json<Value>,
) -> Response {
    let mut state = state.lock().unwrap();
    let fault = state.faults.pop_front().unwrap_or(Fault::None);
    if let Fault::ExpireSessions = fault {
        state.token += 1;
    }
    if !signed_in(&state, &headers) {
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
    body["id"] = json!(state.prompts.len().to_string());
    state.prompts.push(body);
    match fault {
        Fault::CreateThenAnswer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        _ => StatusCode::CREATED.into_response(),
    }
}
