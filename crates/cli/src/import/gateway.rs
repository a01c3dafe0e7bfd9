//! The importer's session with the gateway, and its calls.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{sync::RwLock, time::sleep};

use super::{
    ExistingPrompts,
    credentials::Credentials,
    responses::{backoff, error_message, is_put_off, is_rate_limited, is_retryable, retry_delay},
    rows::{Fingerprint, Prompt},
    summary::Outcome,
};

/// The deadline of a whole request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The most attempts of a request that the gateway puts off or does not take.
const MAX_ATTEMPTS: u32 = 6;

/// The most attempts of a request that is turned away by a rate limit. Each time another one of ours got
/// through, and of many at once some lose often.
const MAX_TURNED_AWAY: u32 = 600;

const LARGEST_PAGE: &str = "100";

/// An error that ends the whole import.
#[derive(Debug)]
pub struct ImportError(pub anyhow::Error);

/// A client of the gateway, signed in as the user who imports.
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
    content: Vec<ListedPrompt>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ListedPrompt {
    id: String,
    title: String,
    /// The content; absent where the page would be too large with it.
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
    /// Registers the user, or signs in if there is such a user.
    ///
    /// # Errors
    /// When neither works; the error repeats the reason that the gateway gives.
    pub async fn sign_in(base: Url, credentials: Credentials) -> anyhow::Result<Self> {
        let mut http = Client::builder().timeout(REQUEST_TIMEOUT);
        if matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            // A proxy cannot reach ports of this machine's loopback.
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

    /// Registers the user and returns the access token; `None` if there is such a user.
    async fn register(&self) -> anyhow::Result<Option<String>> {
        let Credentials { username, email, password } = &self.credentials;
        let body = json!({"username": username, "email": email, "password": password});
        let response = self
            .call(Method::POST, self.url("auth/register")?, Some(&body), None, is_retryable)
            .await?;
        match response.status() {
            StatusCode::CREATED => Ok(Some(response.json::<Auth>().await?.access_token)),
            StatusCode::CONFLICT => Ok(None),
            _ => bail!("cannot register {username}: {}", error_message(response).await),
        }
    }

    /// Signs in and returns the access token.
    async fn log_in(&self) -> anyhow::Result<String> {
        let Credentials { username, password, .. } = &self.credentials;
        let body = json!({"email": username, "password": password});
        let response = self
            .call(Method::POST, self.url("auth/login")?, Some(&body), None, is_retryable)
            .await?;
        match response.status() {
            StatusCode::OK => Ok(response.json::<Auth>().await?.access_token),
            StatusCode::UNAUTHORIZED => bail!(
                "there is a user {username} with another password: give it with --password, or \
                 import as another --username or --email"
            ),
            _ => bail!("cannot sign in as {username}: {}", error_message(response).await),
        }
    }

    /// Lists the prompts that the user has already.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn own_prompts(&self) -> anyhow::Result<ExistingPrompts> {
        let mut existing = ExistingPrompts::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut url = self.url("prompts/my-prompts")?;
            url.query_pairs_mut()
                .append_pair("size", LARGEST_PAGE)
                .append_pair("include", "content");
            if let Some(cursor) = &cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let response = self.call_signed_in::<()>(Method::GET, url, None, is_retryable).await?;
            if !response.status().is_success() {
                bail!(error_message(response).await);
            }
            let page: Page = response.json().await?;
            for ListedPrompt { id, title, content } in page.content {
                let content = match content {
                    Some(content) => content,
                    None => self.content(&id).await?,
                };
                existing.insert(Fingerprint::of(&title, &content));
            }
            match page.next_cursor {
                Some(next) if Some(&next) != cursor.as_ref() => cursor = Some(next),
                _ => return Ok(existing),
            }
        }
    }

    /// Reads the content of one of the user's prompts; empty if it was deleted since.
    async fn content(&self, id: &str) -> anyhow::Result<String> {
        let url = self.url(&format!("prompts/{id}"))?;
        let response = self.call_signed_in::<()>(Method::GET, url, None, is_retryable).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(String::new()),
            status if status.is_success() => {
                Ok(response.json::<ListedPrompt>().await?.content.unwrap_or_default())
            }
            _ => bail!(error_message(response).await),
        }
    }

    /// Creates a prompt.
    ///
    /// # Errors
    /// When no other prompt can be created either, or when it is not known whether this one was created:
    /// another run finds out.
    pub async fn create(
        &self,
        prompt: &Prompt,
        category: &str,
        is_public: bool,
    ) -> Result<Outcome, ImportError> {
        let Prompt { title, content, tags, .. } = prompt;
        let body = NewPrompt { title, content, category, tags, is_public };
        let mut attempt = 1;
        let response = loop {
            let url = self.url("prompts").map_err(ImportError)?;
            let posted = self.call_signed_in(Method::POST, url, Some(&body), is_rate_limited).await;
            let response = posted.map_err(ImportError)?;
            if response.status() != StatusCode::SERVICE_UNAVAILABLE || attempt == MAX_ATTEMPTS {
                break response;
            }
            sleep(retry_delay(&response, attempt)).await;
            // The prompt may have been stored before a service became unavailable.
            if self
                .own_prompts()
                .await
                .map_err(ImportError)?
                .contains(&Fingerprint::of(title, content))
            {
                return Ok(Outcome::Imported);
            }
            attempt += 1;
        };
        match response.status() {
            status if status.is_success() => Ok(Outcome::Imported),
            // The next prompt may succeed.
            StatusCode::INTERNAL_SERVER_ERROR => Ok(Outcome::Failed(error_message(response).await)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Err(ImportError(anyhow!(error_message(response).await)))
            }
            status if status.is_client_error() => {
                Ok(Outcome::Refused(error_message(response).await))
            }
            _ => Err(ImportError(anyhow!(error_message(response).await))),
        }
    }

    /// Makes a call in the session, and once more in a new session if the old one has expired.
    async fn call_signed_in<B: Serialize>(
        &self,
        method: Method,
        url: Url,
        body: Option<&B>,
        is_worth_retrying: fn(StatusCode) -> bool,
    ) -> anyhow::Result<Response> {
        let token = self.token.read().await.clone();
        let response =
            self.call(method.clone(), url.clone(), body, Some(&token), is_worth_retrying).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let mut current = self.token.write().await;
        // The first of the requests that find the session expired signs in for all.
        if *current == token {
            *current = self.log_in().await.context("the session has expired")?;
        }
        let token = current.clone();
        drop(current);
        self.call(method, url, body, Some(&token), is_worth_retrying).await
    }

    /// Makes a call, and repeats it if it could not be sent, or if its response `is_worth_retrying`,
    /// which must be safe for this call.
    async fn call<B: Serialize>(
        &self,
        method: Method,
        url: Url,
        body: Option<&B>,
        token: Option<&str>,
        is_worth_retrying: fn(StatusCode) -> bool,
    ) -> anyhow::Result<Response> {
        let (mut attempt, mut turned_away) = (1, 0);
        loop {
            let mut request = self.http.request(method.clone(), url.clone());
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let wait = match request.send().await {
                Ok(response) if turned_away < MAX_TURNED_AWAY && is_put_off(&response) => {
                    turned_away += 1;
                    sleep(retry_delay(&response, attempt)).await;
                    continue;
                }
                Ok(response) if attempt < MAX_ATTEMPTS && is_worth_retrying(response.status()) => {
                    retry_delay(&response, attempt)
                }
                Ok(response) => return Ok(response),
                Err(error) if attempt < MAX_ATTEMPTS && error.is_connect() => backoff(attempt),
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
