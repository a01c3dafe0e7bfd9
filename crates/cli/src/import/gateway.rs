//! The importer's session with the gateway.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{sync::RwLock, time::sleep};

use super::{
    Present,
    answers::{backoff, explain, is_later, is_refused, pause},
    credentials::Credentials,
    rows::{Fingerprint, Prompt},
    summary::Outcome,
};

/// A whole request must be over by then.
const DEADLINE: Duration = Duration::from_secs(30);

/// How often a request is made at most, when the gateway says to come back or is not there.
const ATTEMPTS: u32 = 6;

const LARGEST_PAGE: &str = "100";

/// Why the whole import cannot go on.
#[derive(Debug)]
pub struct Stop(pub anyhow::Error);

pub struct Gateway {
    http: Client,
    base: Url,
    credentials: Credentials,
    token: RwLock<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Auth {
    access_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    content: Vec<Listed>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    title: String,
    /// Absent where the page would be too large with it.
    content: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewPrompt<'a> {
    title: &'a str,
    content: &'a str,
    category: &'a str,
    tags: &'a [String],
    is_public: bool,
}

impl Gateway {
    /// Registers, or signs in when that was done before.
    ///
    /// # Errors
    /// When neither works; with what the gateway says.
    pub async fn sign_in(base: Url, credentials: Credentials) -> anyhow::Result<Self> {
        let mut http = Client::builder().timeout(DEADLINE);
        if matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            // A proxy for the world outside cannot know this machine's own ports.
            http = http.no_proxy();
        }
        let token = RwLock::default();
        let gateway = Self { http: http.build()?, base, credentials, token };
        let token = match gateway.register().await? {
            Some(token) => token,
            None => gateway.log_in().await?,
        };
        *gateway.token.write().await = token;
        Ok(gateway)
    }

    fn url(&self, path: &str) -> anyhow::Result<Url> {
        let base = self.base.as_str().trim_end_matches('/');
        Ok(Url::parse(&format!("{base}/{path}"))?)
    }

    /// `None` when there is such a user.
    async fn register(&self) -> anyhow::Result<Option<String>> {
        let Credentials { username, email, password } = &self.credentials;
        let body = json!({"username": username, "email": email, "password": password});
        let response = self
            .call(Method::POST, self.url("auth/register")?, Some(&body), None, is_later)
            .await?;
        match response.status() {
            StatusCode::CREATED => Ok(Some(response.json::<Auth>().await?.access_token)),
            StatusCode::CONFLICT => Ok(None),
            _ => bail!("cannot register {username}: {}", explain(response).await),
        }
    }

    async fn log_in(&self) -> anyhow::Result<String> {
        let Credentials { username, password, .. } = &self.credentials;
        let body = json!({"email": username, "password": password});
        let response =
            self.call(Method::POST, self.url("auth/login")?, Some(&body), None, is_later).await?;
        match response.status() {
            StatusCode::OK => Ok(response.json::<Auth>().await?.access_token),
            StatusCode::UNAUTHORIZED => bail!(
                "there is a user {username} with another password: give it with --password, or \
                 import as another --username or --email"
            ),
            _ => bail!("cannot sign in as {username}: {}", explain(response).await),
        }
    }

    /// What the importer has already.
    ///
    /// # Errors
    /// When the lists cannot be read to their end.
    pub async fn own_prompts(&self) -> anyhow::Result<Present> {
        let mut present = Present::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut url = self.url("prompts/my-prompts")?;
            url.query_pairs_mut()
                .append_pair("size", LARGEST_PAGE)
                .append_pair("include", "content");
            if let Some(cursor) = &cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let response = self.signed_in::<()>(Method::GET, url, None, is_later).await?;
            if !response.status().is_success() {
                bail!(explain(response).await);
            }
            let page: Page = response.json().await?;
            for Listed { id, title, content } in page.content {
                let content = match content {
                    Some(content) => content,
                    None => self.content(&id).await?,
                };
                present.insert(Fingerprint::of(&title, &content));
            }
            match page.next_cursor {
                Some(next) if Some(&next) != cursor.as_ref() => cursor = Some(next),
                _ => return Ok(present),
            }
        }
    }

    /// The content of one of the importer's own prompts; empty when it is gone by now.
    async fn content(&self, id: &str) -> anyhow::Result<String> {
        let url = self.url(&format!("prompts/{id}"))?;
        let response = self.signed_in::<()>(Method::GET, url, None, is_later).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(String::new()),
            status if status.is_success() => {
                Ok(response.json::<Listed>().await?.content.unwrap_or_default())
            }
            _ => bail!(explain(response).await),
        }
    }

    /// Creates one prompt.
    ///
    /// # Errors
    /// [`Stop`] when no other prompt can be created either, or when it is not known whether this
    /// one was: another run will see.
    pub async fn create(
        &self,
        prompt: &Prompt,
        category: &str,
        is_public: bool,
    ) -> Result<Outcome, Stop> {
        let Prompt { title, content, tags, .. } = prompt;
        let body = NewPrompt { title, content, category, tags, is_public };
        let mut attempt = 1;
        let response = loop {
            let url = self.url("prompts").map_err(Stop)?;
            let posted = self.signed_in(Method::POST, url, Some(&body), is_refused).await;
            let response = posted.map_err(Stop)?;
            if response.status() != StatusCode::SERVICE_UNAVAILABLE || attempt == ATTEMPTS {
                break response;
            }
            sleep(pause(&response, attempt)).await;
            // What became unavailable may have done so after the prompt was stored.
            if self.own_prompts().await.map_err(Stop)?.contains(&Fingerprint::of(title, content)) {
                return Ok(Outcome::Imported);
            }
            attempt += 1;
        };
        match response.status() {
            status if status.is_success() => Ok(Outcome::Imported),
            // Its fault or not, the next one may fare better.
            StatusCode::INTERNAL_SERVER_ERROR => Ok(Outcome::Failed(explain(response).await)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Err(Stop(anyhow!(explain(response).await)))
            }
            status if status.is_client_error() => Ok(Outcome::Refused(explain(response).await)),
            _ => Err(Stop(anyhow!(explain(response).await))),
        }
    }

    /// A call in the session; when that has expired it is begun anew, once.
    async fn signed_in<B: Serialize>(
        &self,
        method: Method,
        url: Url,
        body: Option<&B>,
        again: fn(StatusCode) -> bool,
    ) -> anyhow::Result<Response> {
        let token = self.token.read().await.clone();
        let response = self.call(method.clone(), url.clone(), body, Some(&token), again).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let mut current = self.token.write().await;
        // Of the requests that find it expired, the first signs in for all.
        if *current == token {
            *current = self.log_in().await.context("the session has expired")?;
        }
        let token = current.clone();
        drop(current);
        self.call(method, url, body, Some(&token), again).await
    }

    /// A call that is made again when nothing was sent, or when the answer's status says to make it
    /// `again`, as far as that is safe for this call.
    async fn call<B: Serialize>(
        &self,
        method: Method,
        url: Url,
        body: Option<&B>,
        token: Option<&str>,
        again: fn(StatusCode) -> bool,
    ) -> anyhow::Result<Response> {
        let mut attempt = 1;
        loop {
            let mut request = self.http.request(method.clone(), url.clone());
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let wait = match request.send().await {
                Ok(response) if attempt < ATTEMPTS && again(response.status()) => {
                    pause(&response, attempt)
                }
                Ok(response) => return Ok(response),
                Err(error) if attempt < ATTEMPTS && error.is_connect() => backoff(attempt),
                Err(error) => {
                    let error = anyhow::Error::from(error.without_url());
                    return Err(error.context(format!("no answer from {}", self.base)));
                }
            };
            attempt += 1;
            sleep(wait).await;
        }
    }
}
