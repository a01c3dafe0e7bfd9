//! Calls a provider over HTTP, the same for all of them: deadlines, attempts, and refusals. The answer is
//! read in [`crate::stream`]; what differs between providers is a [`Dialect`].
//!
//! A question is asked again only while nothing was answered: a refusal that says "not now", or no
//! connection. Once a word of the answer has arrived it may be charged, so it is not asked again here; the
//! worker does so where nothing is charged.

use std::{sync::Arc, time::SystemTime};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::{Client, Response, redirect};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::{
    attempt::{AttemptError, CONNECTION_LOST, CallTrace, describe, interrupted},
    completion::{Completion, CompletionRequest},
    dialect::{Dialect, ProviderRequest, StreamedAnswer},
    provider::{OnChunk, Provider, ProviderError},
    refusal::Refusal,
    retry,
    settings::{Deadlines, Endpoint},
    stream, tokenizer,
};

/// The most bytes that are read of a refusal's body.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// The headers in which providers give a call's id, to be quoted to them.
const REQUEST_IDS: [&str; 3] = ["x-request-id", "request-id", "x-goog-request-id"];

static X_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// Calls providers; shared by all of them.
pub struct ModelClient {
    hosted: Client,
    plain: Client,
    deadlines: Deadlines,
}

/// A provider with one endpoint.
pub struct HostedProvider<D> {
    pub client: Arc<ModelClient>,
    pub dialect: D,
}

impl<D: Dialect> Provider for HostedProvider<D> {
    fn serves(&self, model: &str) -> bool {
        self.dialect.serves(model)
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        on_chunk: OnChunk<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>> {
        Box::pin(self.client.call(&self.dialect, request, on_chunk))
    }
}

impl ModelClient {
    /// Makes the HTTP clients.
    ///
    /// # Errors
    /// When one cannot be made.
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

    /// Asks for an answer, in as many attempts as the bounds allow, and logs the outcome.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub async fn call(
        &self,
        dialect: &dyn Dialect,
        request: &CompletionRequest,
        on_chunk: OnChunk<'_>,
    ) -> Result<Completion, ProviderError> {
        let mut trace = CallTrace { call: Uuid::now_v7(), request_id: None, attempts: 0 };
        let result = match dialect.build_request(request) {
            Ok(built) => {
                let answer = self.call_with_retries(dialect, &built, on_chunk, &mut trace);
                match timeout(self.deadlines.whole, answer).await {
                    Ok(Ok(answer)) => Ok(completion(request, answer).await),
                    Ok(Err(error)) => Err(error),
                    Err(_) => Err(ProviderError::TimedOut),
                }
            }
            Err(error) => Err(error),
        };
        let CallTrace { call, attempts, .. } = trace;
        let request_id = trace.request_id.as_deref().unwrap_or_default();
        let (provider, model) = (dialect.name(), request.model.as_str());
        match &result {
            Ok(completion) => {
                let usage = completion.usage;
                tracing::info!(provider, model, %call, attempts, request_id, ?usage, "answered");
            }
            Err(error) => {
                tracing::warn!(provider, model, %call, attempts, request_id, "no answer: {error}");
            }
        }
        result
    }

    async fn call_with_retries(
        &self,
        dialect: &dyn Dialect,
        built: &ProviderRequest,
        on_chunk: OnChunk<'_>,
        trace: &mut CallTrace,
    ) -> Result<StreamedAnswer, ProviderError> {
        loop {
            trace.attempts += 1;
            let (error, retry_after) = match self.call_once(dialect, built, on_chunk, trace).await {
                Ok(answer) => return Ok(answer),
                Err(AttemptError::Final(error)) => return Err(error),
                Err(AttemptError::Transient { error, retry_after }) => (error, retry_after),
            };
            if retry_after.is_some_and(|wait| wait > retry::LONGEST_WAIT) {
                let retry_after = retry::requeue_delay(retry_after);
                return Err(ProviderError::RateLimited { retry_after });
            }
            if trace.attempts >= retry::MAX_ATTEMPTS {
                return Err(error);
            }
            sleep(retry::backoff(trace.attempts, retry_after)).await;
        }
    }

    async fn call_once(
        &self,
        dialect: &dyn Dialect,
        built: &ProviderRequest,
        on_chunk: OnChunk<'_>,
        trace: &mut CallTrace,
    ) -> Result<StreamedAnswer, AttemptError> {
        let endpoint = dialect.endpoint();
        let first_byte = Instant::now() + self.deadlines.first_byte;
        let url = format!("{}{}", endpoint.url, built.path);
        let client = if url.starts_with("https:") { &self.hosted } else { &self.plain };
        let mut request = client
            .post(url)
            .headers(built.headers.clone())
            .header(header::ACCEPT, "text/event-stream")
            .json(&built.body);
        if let Ok(id) = HeaderValue::try_from(trace.call.to_string()) {
            request = request.header(&X_CLIENT_REQUEST_ID, id);
        }
        let response = tokio::time::timeout_at(first_byte, request.send()).await;
        let response = match response.map_err(|_| ProviderError::TimedOut)? {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                tracing::debug!("{} cannot be reached: {}", dialect.name(), error.without_url());
                let error = ProviderError::Unreachable;
                return Err(AttemptError::Transient { error, retry_after: None });
            }
            // It may have been understood: not asked again.
            Err(_) => return Err(interrupted(0, CONNECTION_LOST.to_owned()).into()),
        };
        trace.request_id = request_id(response.headers());
        if !response.status().is_success() {
            return Err(self.read_refusal(endpoint, response, trace).await);
        }
        let idle = self.deadlines.idle;
        stream::read_answer(dialect, response, (first_byte, idle), on_chunk, trace).await
    }

    /// Makes the error of an answer whose status is not success.
    async fn read_refusal(
        &self,
        endpoint: &Endpoint,
        response: Response,
        trace: &CallTrace,
    ) -> AttemptError {
        let status = response.status().as_u16();
        let in_header = retry::retry_after(response.headers(), SystemTime::now());
        // A body that does not arrive is as good as none: the status says enough.
        let body = stream::read_prefix(response, MAX_REFUSAL_BYTES);
        let body = timeout(self.deadlines.idle, body).await.unwrap_or_default();
        let refusal = Refusal::read(&body);
        let retry_after = in_header.or(refusal.retry_after);
        let description = describe(Some(status), &refusal.message, endpoint, trace);
        if refusal.is_out_of_money() || !retry::is_transient(status) {
            return ProviderError::Rejected(description).into();
        }
        let error = match status {
            429 => ProviderError::RateLimited { retry_after: retry::requeue_delay(retry_after) },
            _ => ProviderError::Unavailable(description),
        };
        AttemptError::Transient { error, retry_after }
    }
}

/// Returns the provider's id of a call, if it looks like one: it goes into logs and rows.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
    let fits = (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

async fn completion(request: &CompletionRequest, answer: StreamedAnswer) -> Completion {
    let usage = match answer.usage {
        Some(usage) => usage,
        None => tokenizer::estimate(request, &answer.text).await,
    };
    Completion { text: answer.text, usage }
}

#[cfg(test)]
mod tests;
