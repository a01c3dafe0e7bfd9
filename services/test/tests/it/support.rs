//! Helpers: the service started, killed, and its stand-in neighbours.

use std::{sync::Arc, thread, time::Duration};

use auth::{Identity, Internal, InternalToken, Role, identify, identity::X_INTERNAL_TOKEN};
use axum::{
    extract::State,
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use http_kit::Path;
use ids::PromptId;
use internal_api::{
    Failure, Request, Serve,
    prompt::{GetPrompt, GetPromptRefusal, PromptResponse, Status, Visibility},
};
use serde_json::{Value, json};
use sqlx::{PgPool, query_scalar};
use test_service::Config;
use testkit::{Client, INTERNAL_TOKEN, TestApp, eventually, user};
use tokio::net::TcpListener;

/// An address where nobody answers.
pub const NOWHERE: &str = "http://127.0.0.1:1";

/// The service alone; nobody to ask for prompts.
pub async fn start(pool: &PgPool) -> TestApp {
    start_with(pool, &[]).await
}

pub async fn start_with(pool: &PgPool, more: &[(&str, &str)]) -> TestApp {
    TestApp::start(settings(pool, more), Config::read, test_service::run).await
}

fn settings(pool: &PgPool, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut settings = testkit::settings(pool, "");
    let own = [("PROMPT_SERVICE_URL", NOWHERE)];
    settings.extend(own.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    settings
}

/// The service in a runtime of its own, so that it can be killed: every task is dropped where it
/// stands, as `kill -9` would, and nothing is given back.
pub struct Mortal {
    pub url: String,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Mortal {
    pub fn start(pool: &PgPool, more: &[(&str, &str)]) -> Self {
        let settings = settings(pool, more);
        // A runtime cannot be entered from within another one.
        thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let app = runtime.block_on(TestApp::start(settings, Config::read, test_service::run));
            let url = app.url.clone();
            // Dropping it would be a clean stop.
            std::mem::forget(app);
            Self { url, runtime: Some(runtime) }
        })
        .join()
        .unwrap()
    }

    /// Returns once it is dead and Postgres has seen the last of it.
    pub async fn kill(mut self, pool: &PgPool) {
        let runtime = self.runtime.take().unwrap();
        // Waiting blocks, which no task may do.
        thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(5))).join().unwrap();
        eventually("its connections to be closed", || async {
            let open: i64 = query_scalar(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and application_name = 'test-service'",
            )
            .fetch_one(pool)
            .await
            .unwrap();
            (open == 0).then_some(())
        })
        .await;
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub fn admin() -> Identity {
    Identity { roles: vec![Role::User, Role::Admin], ..user("root") }
}

/// A MOCK test of some content.
pub fn mock(model: &str) -> Value {
    json!({"promptContent": "Say hello.", "modelProvider": "MOCK", "modelName": model})
}

/// Creates a test and returns the answer.
pub async fn create(client: &Client, body: Value) -> Value {
    client.post("/api/tests", body).await.expect(201)
}

pub fn path(test: &Value) -> String {
    format!("/api/tests/{}", test["id"].as_str().unwrap())
}

/// The test once it is over.
pub async fn finished(client: &Client, test: &Value) -> Value {
    let path = path(test);
    eventually("the test to be over", || async {
        let test = client.get(&path).await.expect(200);
        ["COMPLETED", "FAILED"].contains(&test["status"].as_str().unwrap()).then_some(test)
    })
    .await
}

/// Has the database itself write down each time that a test ends.
pub async fn count_endings(pool: &PgPool) {
    sqlx::raw_sql(
        "create table endings (id uuid, status text);
         create function note_ending() returns trigger language plpgsql as $$
         begin insert into endings values (new.id, new.status); return new; end $$;
         create trigger ending after update on tests for each row
         when (new.completed_at is distinct from old.completed_at) execute function note_ending();
         create table begun_late (id uuid);
         create function note_late() returns trigger language plpgsql as $$
         begin insert into begun_late values (new.id); return new; end $$;
         create trigger begun_late after update on tests for each row
         when (old.completed_at is not null and new.attempts <> old.attempts)
         execute function note_late();",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// How many endings there were, of how many tests, with this status.
pub async fn endings(pool: &PgPool, status: &str) -> (i64, i64) {
    sqlx::query_as("select count(*), count(distinct id) from endings where status = $1")
        .bind(status)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// How many endings there were of any kind.
pub async fn over(pool: &PgPool) -> i64 {
    query_scalar("select count(*) from endings").fetch_one(pool).await.unwrap()
}

/// How often a test was begun that was over.
pub async fn begun_after_their_end(pool: &PgPool) -> i64 {
    query_scalar("select count(*) from begun_late").fetch_one(pool).await.unwrap()
}

/// A prompt service with one private prompt, in two versions.
pub struct PromptService {
    pub url: String,
    pub prompt: PromptId,
    pub author: Identity,
}

impl PromptService {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (prompt, author) = (PromptId::new(), user("author"));
        let router = GetPrompt::route(get_prompt)
            .layer(from_fn_with_state(InternalToken::new(INTERNAL_TOKEN), identify))
            .layer(from_fn(check_headers))
            .with_state(Arc::new((prompt, author.clone())));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, prompt, author }
    }
}

async fn check_headers(request: axum::extract::Request, next: Next) -> Response {
    assert_eq!(request.headers()[&X_INTERNAL_TOKEN], INTERNAL_TOKEN);
    assert!(request.headers().contains_key("x-request-id"));
    next.run(request).await
}

async fn get_prompt(
    Internal(caller): Internal,
    State(known): State<Arc<(PromptId, Identity)>>,
    Path(id): Path<PromptId>,
    Request(query): Request<GetPrompt>,
) -> Result<PromptResponse, Failure<GetPromptRefusal>> {
    let (prompt, author) = &*known;
    let version = match (query.version, query.label.as_deref()) {
        (None, None) | (Some(2), None) => 2,
        (Some(1), None) | (None, Some("production")) => 1,
        _ => 0,
    };
    if id != *prompt || caller.is_none_or(|caller| caller.id != author.id) || version == 0 {
        return Err(Failure::Refused(GetPromptRefusal::PromptNotFound));
    }
    let content = format!("Version {version}: greet {{{{name}}}} in {{{{language:English}}}}.");
    Ok(PromptResponse {
        id,
        title: "Greeting".to_owned(),
        description: None,
        content_preview: content.clone(),
        content: Some(content),
        category: "Greetings".to_owned(),
        tags: Vec::new(),
        user_id: author.id,
        username: author.username.clone(),
        visibility: Visibility::Private,
        status: Status::Published,
        version,
        model: None,
        average_rating: 0.0,
    })
}
