//! [`Client`] and [`Answer`]: requests as the gateway, other services and people send them.

use std::sync::Arc;

use auth::{Identity, Role, identity::X_INTERNAL_TOKEN};
use http::{HeaderMap, Method, StatusCode};
use ids::UserId;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{INTERNAL_TOKEN, described::Description};

/// Returns the identity of a new user with the role `USER`.
pub fn user(username: &str) -> Identity {
    Identity {
        id: UserId::new(),
        username: username.to_owned(),
        roles: vec![Role::User],
        session: None,
    }
}

/// An HTTP client of one base URL.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
    /// The description that problems are checked against, fetched at the first problem.
    description: Option<Arc<OnceCell<Option<Description>>>>,
}

impl Client {
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: base.to_owned(), headers: HeaderMap::new(), description: None }
    }

    /// Creates a client of an app that describes itself: a problem that the app answers and does not
    /// list fails the test.
    pub(crate) fn of_app(base: &str, description: &Arc<OnceCell<Option<Description>>>) -> Self {
        Self { description: Some(description.clone()), ..Self::new(base) }
    }

    /// Adds the headers with which the gateway forwards this caller's requests.
    #[must_use]
    pub fn forwarded_for(&self, identity: &Identity) -> Self {
        let mut client = self.internal();
        identity.write(&mut client.headers);
        client
    }

    /// Adds the internal token, as other services send it.
    #[must_use]
    pub fn internal(&self) -> Self {
        self.with_header(X_INTERNAL_TOKEN.as_str(), INTERNAL_TOKEN)
    }

    /// Adds an access token, as the gateway's clients send it.
    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        let name: http::HeaderName = name.parse().unwrap();
        client.headers.insert(name, value.parse().unwrap());
        client
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None::<&()>).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None::<&()>).await
    }

    pub async fn post(&self, path: &str, body: impl Serialize) -> Answer {
        self.call(Method::POST, path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: impl Serialize) -> Answer {
        self.call(Method::PUT, path, Some(&body)).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Answer {
        self.try_call(method, path, body).await.expect("a response")
    }

    /// Sends a request to a process that may be down.
    ///
    /// # Errors
    /// When there is no response.
    ///
    /// # Panics
    /// When the answer is a problem that the operation does not list.
    pub async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = Answer::read(request.send().await?).await?;
        self.check_described(&method, path, &answer).await;
        Ok(answer)
    }

    /// Checks a problem against the app's description.
    async fn check_described(&self, method: &Method, path: &str, answer: &Answer) {
        let Some(description) = &self.description else { return };
        if answer.headers.get("content-type").is_none_or(|it| it != "application/problem+json") {
            return;
        }
        let description = description.get_or_init(|| Description::fetch(&self.base)).await;
        if let Some(description) = description {
            description.check(method, path, answer);
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).headers(self.headers.clone())
    }

    /// Returns the status of an answer that need not end: nothing of its body is read.
    pub async fn status(&self, path: &str) -> StatusCode {
        self.request(Method::GET, path).send().await.unwrap().status()
    }

    /// Sends a request with any body and content type.
    pub async fn raw(&self, method: Method, path: &str, content_type: &str, body: &str) -> Answer {
        let request = self
            .request(method.clone(), path)
            .header("content-type", content_type)
            .body(body.to_owned());
        let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
        self.check_described(&method, path, &answer).await;
        answer
    }
}

/// A response, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// The body; null when it is not JSON.
    pub json: Value,
}

impl Answer {
    async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        let status = response.status();
        let headers = response.headers().clone();
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self { status, headers, text, json })
    }

    /// Checks the status and returns the body.
    ///
    /// # Panics
    /// When the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Checks that this is a problem of that status and code, of the shape that all have, and returns
    /// it.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.json["code"], code, "{}", self.text);
        assert_eq!(self.json["status"], status);
        assert_eq!(self.json["message"], self.json["detail"]);
        assert_eq!(self.json["requestId"], self.headers["x-request-id"].to_str().unwrap());
        for field in ["type", "title", "instance", "timestamp"] {
            assert!(self.json[field].is_string(), "{field} in {}", self.text);
        }
        assert!(self.json["errors"].is_object());
        self.json
    }

    /// Returns the names of the bad fields.
    pub fn bad_fields(problem: &Value) -> Vec<&str> {
        problem["errors"].as_object().unwrap().keys().map(String::as_str).collect()
    }
}
