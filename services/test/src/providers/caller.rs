//! Asking a provider over HTTP, the same for all of them: deadlines, tries, the stream of the answer,
//! and what goes wrong on the way. What differs between them is a [`Dialect`].
//!
//! A question is asked again only while nothing has come of it: a refusal that says "not now", or no
//! connection. Once a word of the answer was heard it may be charged, so it is not asked again here; the
//! worker does so where nothing is charged.

mod stream;
#[cfg(test)]
pub mod tests;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{
    Completion, CompletionRequest, Heard, Provider, ProviderError, Usage,
    refusal::{Refusal, shown},
    retry,
    settings::{Deadlines, Endpoint},
};

/// How much is read of the body of a refusal.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// By which providers name a call, to be quoted to them.
const REQUEST_IDS: [&str; 3] = ["x-request-id", "request-id", "x-goog-request-id"];

static X_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// How one provider's API is spoken.
pub trait Dialect: Send + Sync {
    /// As logs name it.
    fn name(&self) -> &str;

    fn endpoint(&self) -> &Endpoint;

    fn serves(&self, model: &str) -> bool;

    /// # Errors
    /// When the API cannot be asked this.
    fn question(&self, request: &CompletionRequest) -> Result<Question, ProviderError>;

    /// Takes in the data of one event of the stream.
    ///
    /// # Errors
    /// When that ends the answer.
    fn read(&self, event: &str, answer: &mut Answer) -> Result<(), Trouble>;
}

/// One request, ready to be sent.
pub struct Question {
    /// After the endpoint's URL.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// What has come of an answer.
#[derive(Debug, Default)]
pub struct Answer {
    pub text: String,
    /// As the provider counts; the last word counts.
    pub usage: Option<Usage>,
    /// The model has said all that it will; what may follow is the usage.
    pub ended: bool,
    /// Nothing follows.
    pub done: bool,
}

/// Why a stream ends before the answer does.
#[derive(Debug)]
pub enum Trouble {
    /// The provider's own error. A passing one is worth another try, if nothing was heard yet.
    Said {
        refusal: Refusal,
        passing: bool,
    },
    Declined(String),
    Garbled,
}

/// Asks providers; shared by all of them.
pub struct Caller {
    hosted: Client,
    plain: Client,
    deadlines: Deadlines,
}

/// A provider with one endpoint.
pub struct Hosted<D> {
    pub caller: Arc<Caller>,
    pub dialect: D,
}

impl<D: Dialect> Provider for Hosted<D> {
    fn serves(&self, model: &str) -> bool {
        self.dialect.serves(model)
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        heard: Heard<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>> {
        Box::pin(self.caller.ask(&self.dialect, request, heard))
    }
}

/// What stopped one try.
enum Setback {
    /// Nothing came of it, and the provider may well answer another time.
    Passing {
        error: ProviderError,
        asked_for: Option<Duration>,
    },
    Final(ProviderError),
}

impl From<ProviderError> for Setback {
    fn from(error: ProviderError) -> Self {
        Self::Final(error)
    }
}

/// What is written into the log of a call.
struct Trace {
    /// Ours.
    call: Uuid,
    /// The provider's, of the last try.
    request_id: Option<String>,
    tries: u32,
}

impl Caller {
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(deadlines: Deadlines) -> anyhow::Result<Self> {
        let builder = || {
            Client::builder()
                .user_agent(concat!("promptforge/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(deadlines.connect)
                // The key would go wherever a redirect points.
                .redirect(redirect::Policy::none())
        };
        Ok(Self {
            // By the proxy that the environment names, which sees nothing but the tunnel.
            hosted: builder().build()?,
            // A plain http:// endpoint is one nearby; a proxy would read the key and the prompt.
            plain: builder().no_proxy().build()?,
            deadlines,
        })
    }

    /// The answer, however many tries it takes within the bounds.
    pub async fn ask(
        &self,
        dialect: &dyn Dialect,
        request: &CompletionRequest,
        heard: Heard<'_>,
    ) -> Result<Completion, ProviderError> {
        let mut trace = Trace { call: Uuid::now_v7(), request_id: None, tries: 0 };
        let result = match dialect.question(request) {
            Ok(question) => {
                let asked = self.insist(dialect, &question, heard, &mut trace);
                match timeout(self.deadlines.whole, asked).await {
                    Ok(Ok(answer)) => Ok(completion(request, answer).await),
                    Ok(Err(error)) => Err(error),
                    Err(_) => Err(ProviderError::TimedOut),
                }
            }
            Err(error) => Err(error),
        };
        let Trace { call, tries, .. } = trace;
        let request_id = trace.request_id.as_deref().unwrap_or_default();
        let (provider, model) = (dialect.name(), request.model.as_str());
        match &result {
            Ok(completion) => {
                let usage = completion.usage;
                tracing::info!(provider, model, %call, tries, request_id, ?usage, "answered");
            }
            Err(error) => {
                tracing::warn!(provider, model, %call, tries, request_id, "no answer: {error}");
            }
        }
        result
    }

    async fn insist(
        &self,
        dialect: &dyn Dialect,
        question: &Question,
        heard: Heard<'_>,
        trace: &mut Trace,
    ) -> Result<Answer, ProviderError> {
        loop {
            trace.tries += 1;
            let (error, asked_for) = match self.try_once(dialect, question, heard, trace).await {
                Ok(answer) => return Ok(answer),
                Err(Setback::Final(error)) => return Err(error),
                Err(Setback::Passing { error, asked_for }) => (error, asked_for),
            };
            if asked_for.is_some_and(|wait| wait > retry::LONGEST_WAIT) {
                return Err(ProviderError::RateLimited { retry_after: retry::put_off(asked_for) });
            }
            if trace.tries >= retry::TRIES {
                return Err(error);
            }
            sleep(retry::wait(trace.tries, asked_for)).await;
        }
    }

    async fn try_once(
        &self,
        dialect: &dyn Dialect,
        question: &Question,
        heard: Heard<'_>,
        trace: &mut Trace,
    ) -> Result<Answer, Setback> {
        let endpoint = dialect.endpoint();
        let first_byte = Instant::now() + self.deadlines.first_byte;
        let url = format!("{}{}", endpoint.url, question.path);
        let client = if url.starts_with("https:") { &self.hosted } else { &self.plain };
        let mut request = client
            .post(url)
            .headers(question.headers.clone())
            .header(header::ACCEPT, "text/event-stream")
            .json(&question.body);
        if let Ok(id) = HeaderValue::try_from(trace.call.to_string()) {
            request = request.header(&X_CLIENT_REQUEST_ID, id);
        }
        let response = tokio::time::timeout_at(first_byte, request.send()).await;
        let response = match response.map_err(|_| ProviderError::TimedOut)? {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                tracing::debug!("{} cannot be reached: {}", dialect.name(), error.without_url());
                let error = ProviderError::Unreachable;
                return Err(Setback::Passing { error, asked_for: None });
            }
            // It may have been understood: not asked again.
            Err(_) => return Err(broken_off(0, LOST.to_owned()).into()),
        };
        trace.request_id = request_id(response.headers());
        if !response.status().is_success() {
            return Err(self.refused(endpoint, response, trace).await);
        }
        self.listen(dialect, response, first_byte, heard, trace).await
    }

    /// What a status other than success means.
    async fn refused(&self, endpoint: &Endpoint, response: Response, trace: &Trace) -> Setback {
        let status = response.status().as_u16();
        let asked_for = retry::asked_for(response.headers(), SystemTime::now());
        // A body that does not come is as good as none: the status says enough.
        let body = stream::read_some(response, MAX_REFUSAL_BYTES);
        let body = timeout(self.deadlines.idle, body).await.unwrap_or_default();
        let refusal = Refusal::read(&body);
        let asked_for = asked_for.or(refusal.retry_after);
        let said = said(Some(status), &refusal.message, endpoint, trace);
        if refusal.is_out_of_money() || !retry::is_passing(status) {
            return ProviderError::Rejected(said).into();
        }
        let error = match status {
            429 => ProviderError::RateLimited { retry_after: retry::put_off(asked_for) },
            _ => ProviderError::Unavailable(said),
        };
        Setback::Passing { error, asked_for }
    }
}

/// `401: Incorrect API key provided: [key]. (request req_1)`
fn said(status: Option<u16>, message: &str, endpoint: &Endpoint, trace: &Trace) -> String {
    let message = shown(message, endpoint.key.as_ref());
    let mut said = match (status, message.is_empty()) {
        (Some(status), true) => format!("status {status}."),
        (Some(status), false) => format!("{status}: {message}"),
        (None, true) => "it did not say why.".to_owned(),
        (None, false) => message,
    };
    if let Some(id) = &trace.request_id {
        said.push_str(&format!(" (request {id})"));
    }
    said
}

const LOST: &str = "the connection was lost.";

/// Makes the error of an answer that stopped after `heard` characters.
fn broken_off(heard: usize, why: String) -> ProviderError {
    match heard {
        0 => ProviderError::NoAnswer(why),
        heard => ProviderError::Interrupted { heard, why },
    }
}

/// Only one that looks like an id: it goes into logs and rows.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
    let fits = (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

async fn completion(request: &CompletionRequest, answer: Answer) -> Completion {
    let usage = match answer.usage {
        Some(usage) => usage,
        None => super::tokenizer::count(request, &answer.text).await,
    };
    Completion { text: answer.text, usage }
}
