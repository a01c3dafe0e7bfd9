//! The caller's side of a call.

use std::{
    convert::Infallible,
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth::{Identity, InternalToken, identity::X_INTERNAL_TOKEN};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_kit::{
    ApiError,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    deadline::{Deadline, X_REQUEST_TIMEOUT_MS},
    resolve::{Resolve, SystemResolver},
    serve::POOL_IDLE,
};
use reqwest::{Response, Url};
use serde::Deserialize;

use crate::{
    call::{self, Call},
    instances::Instances,
    refusal::Refusal,
};

/// The time that a whole call has, unless the client is given another.
const DEADLINE: Duration = Duration::from_secs(3);
const CONNECT_DEADLINE: Duration = Duration::from_millis(500);

/// Why a call gave no response.
#[derive(Debug, thiserror::Error)]
pub enum CallError<R: Debug = Infallible> {
    /// The callee refused, for a reason that the call names.
    #[error("the call was refused: {0:?}")]
    Refused(R),
    /// The callee answered with an error that the call does not name.
    #[error("{service} answered {status}: {detail}")]
    Unexpected { service: &'static str, status: StatusCode, code: String, detail: String },
    /// The callee gave no usable answer in time.
    #[error("{service} cannot be asked")]
    Unavailable {
        service: &'static str,
        #[source]
        cause: anyhow::Error,
    },
}

impl<R: Debug> CallError<R> {
    /// Returns the refusal.
    ///
    /// # Errors
    /// The error itself when it is no refusal.
    pub fn into_refusal(self) -> Result<R, CallError> {
        match self {
            Self::Refused(refusal) => Ok(refusal),
            Self::Unexpected { service, status, code, detail } => {
                Err(CallError::Unexpected { service, status, code, detail })
            }
            Self::Unavailable { service, cause } => Err(CallError::Unavailable { service, cause }),
        }
    }
}

impl From<CallError> for ApiError {
    /// Returns 503 when the callee is away, and 500 for an answer that the call does not name.
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(never) => match never {},
            CallError::Unavailable { service, cause } => ApiError::unavailable(service, cause),
            unexpected @ CallError::Unexpected { .. } => ApiError::internal(unexpected),
        }
    }
}

/// The parts of a problem that a caller reads.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
}

/// A client of one other service, spread over its instances.
#[derive(Clone)]
pub struct ServiceClient {
    /// The name for people, such as "prompt service".
    service: &'static str,
    http: reqwest::Client,
    instances: Arc<Instances>,
    next: Arc<AtomicUsize>,
    token: InternalToken,
    deadline: Duration,
}

impl ServiceClient {
    /// # Errors
    /// When a URL cannot be read, or the HTTP client cannot be made.
    pub fn new(
        service: &'static str,
        urls: Vec<String>,
        token: InternalToken,
    ) -> anyhow::Result<Self> {
        Self::resolving(service, urls, token, Arc::new(SystemResolver))
    }

    /// Makes a client that finds the addresses of names by `resolver`.
    pub(crate) fn resolving(
        service: &'static str,
        urls: Vec<String>,
        token: InternalToken,
        resolver: Arc<dyn Resolve>,
    ) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_DEADLINE)
            .pool_idle_timeout(POOL_IDLE)
            // The fleet's own calls carry its secret: they go to no proxy that the environment names.
            .no_proxy()
            .build()?;
        let urls: Result<Vec<Url>, _> = urls.iter().map(|url| url.parse()).collect();
        Ok(Self {
            service,
            http,
            instances: Arc::new(Instances::new(urls?, resolver)),
            next: Arc::default(),
            token,
            deadline: DEADLINE,
        })
    }

    /// Returns the same client, with another deadline for a whole call.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Makes a call on behalf of `caller`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<C: Call>(
        &self,
        params: C::Params,
        request: &C::Request,
        caller: Option<&Identity>,
    ) -> Result<C::Response, CallError<C::Refusal>> {
        let response = self.send::<C>(&params, request, caller).await;
        let response = response.map_err(|cause| self.unavailable(cause))?;
        if !response.status().is_success() {
            return Err(self.read_error(response).await);
        }
        let body = response.bytes().await.map_err(|error| self.unavailable(error))?;
        // `()` is the response without a body.
        let json = if body.is_empty() { b"null" } else { &*body };
        serde_json::from_slice(json).map_err(|error| self.unavailable(error))
    }

    /// Sends a request to the first instance that takes the connection.
    async fn send<C: Call>(
        &self,
        params: &C::Params,
        request: &C::Request,
        caller: Option<&Identity>,
    ) -> anyhow::Result<Response> {
        let headers = self.headers(caller);
        let instances = self.instances.current().await;
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut failure = anyhow::anyhow!("no address configured");
        for i in 0..instances.len() {
            let instance = &instances[first.wrapping_add(i) % instances.len()];
            let timeout = self.time_left()?;
            let mut call = self
                .http
                .request(C::METHOD.into(), call::url::<C>(&instance.url, params)?)
                .headers(headers.clone())
                .header(&X_REQUEST_TIMEOUT_MS, timeout.as_millis() as u64)
                .timeout(timeout);
            if let Some(host) = &instance.host {
                call = call.header(header::HOST, host);
            }
            let call = if C::METHOD.has_body() { call.json(request) } else { call.query(request) };
            match call.send().await {
                // Nothing was sent, so another instance may be tried whatever the method.
                Err(error) if error.is_connect() => failure = error.into(),
                answer => return Ok(answer?),
            }
        }
        Err(failure)
    }

    /// Returns the time that a call has: no more than is left of the request that causes it.
    fn time_left(&self) -> anyhow::Result<Duration> {
        let left = Deadline::time_left().map_or(self.deadline, |left| left.min(self.deadline));
        anyhow::ensure!(left >= Duration::from_millis(1), "no time is left to ask");
        Ok(left)
    }

    async fn read_error<R: Refusal>(&self, response: Response) -> CallError<R> {
        let status = response.status();
        let Problem { code, detail } = response.json().await.unwrap_or_default();
        if status.is_server_error() {
            return self.unavailable(anyhow::anyhow!("{status} {detail}"));
        }
        match R::from_code(&code) {
            Some(refusal) => CallError::Refused(refusal),
            None => CallError::Unexpected { service: self.service, status, code, detail },
        }
    }

    fn unavailable<R: Debug>(&self, cause: impl Into<anyhow::Error>) -> CallError<R> {
        CallError::Unavailable { service: self.service, cause: cause.into() }
    }

    fn headers(&self, caller: Option<&Identity>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(token) = HeaderValue::try_from(self.token.expose()) {
            headers.insert(&X_INTERNAL_TOKEN, token);
        }
        if let Some(caller) = caller {
            caller.write(&mut headers);
        }
        if let Some(context) = RequestContext::current() {
            headers.insert(&TRACEPARENT, context.child_traceparent());
            headers.insert(&X_REQUEST_ID, context.request_id);
        }
        headers
    }
}
