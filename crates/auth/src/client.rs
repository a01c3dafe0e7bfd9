//! Calls from one service to another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_kit::{
    ApiError,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    serve::POOL_IDLE,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    identity::{Identity, X_INTERNAL_TOKEN},
    secret::InternalToken,
};

/// A whole call must be over by then, unless said otherwise.
const DEADLINE: Duration = Duration::from_secs(3);
const CONNECT_DEADLINE: Duration = Duration::from_millis(500);

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service answered, and refused.
    #[error("{service} answered {status}: {detail}")]
    Refused { service: &'static str, status: StatusCode, code: String, detail: String },
    /// No usable answer in time.
    #[error("{service} cannot be asked")]
    Away {
        service: &'static str,
        #[source]
        cause: anyhow::Error,
    },
}

impl From<CallError> for ApiError {
    /// 503 when the service is away; a refusal that the caller did not foresee is our fault.
    fn from(error: CallError) -> Self {
        match error {
            CallError::Away { service, cause } => ApiError::unavailable(service, cause),
            refused @ CallError::Refused { .. } => ApiError::internal(refused),
        }
    }
}

/// What is read of a problem+json answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: String,
    detail: String,
}

/// A client for one other service, spread over its instances.
#[derive(Clone)]
pub struct ServiceClient {
    /// As people name it: "prompt service".
    service: &'static str,
    http: reqwest::Client,
    urls: Arc<[String]>,
    next: Arc<AtomicUsize>,
    token: InternalToken,
    deadline: Duration,
}

impl ServiceClient {
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(
        service: &'static str,
        urls: Vec<String>,
        token: InternalToken,
    ) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_DEADLINE)
            .pool_idle_timeout(POOL_IDLE)
            // The fleet's own calls carry its secret: they go to no proxy that the environment names.
            .no_proxy()
            .build()?;
        Ok(Self {
            service,
            http,
            urls: urls.into(),
            next: Arc::default(),
            token,
            deadline: DEADLINE,
        })
    }

    /// The same client, whose calls must be over within `deadline`.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// `GET`s a path under `/internal` on behalf of `caller`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        caller: Option<&Identity>,
    ) -> Result<T, CallError> {
        self.read(self.call(Method::GET, path, caller, None::<&()>).await?).await
    }

    /// `DELETE`s a path under `/internal` on behalf of `caller`; the answer's body is not read.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete(&self, path: &str, caller: Option<&Identity>) -> Result<(), CallError> {
        self.call(Method::DELETE, path, caller, None::<&()>).await?;
        Ok(())
    }

    /// Sends a JSON body to a path under `/internal` on behalf of `caller`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn send<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        caller: Option<&Identity>,
        body: &B,
    ) -> Result<T, CallError> {
        self.read(self.call(method, path, caller, Some(body)).await?).await
    }

    /// An answer that says that it went well.
    async fn call<B: Serialize + Sync>(
        &self,
        method: Method,
        path: &str,
        caller: Option<&Identity>,
        body: Option<&B>,
    ) -> Result<reqwest::Response, CallError> {
        let headers = self.headers(caller);
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut failure = anyhow::anyhow!("no address configured");
        for i in 0..self.urls.len() {
            let base = &self.urls[first.wrapping_add(i) % self.urls.len()];
            let mut request = self
                .http
                .request(method.clone(), format!("{base}{path}"))
                .headers(headers.clone())
                .timeout(self.deadline);
            if let Some(body) = body {
                request = request.json(body);
            }
            match request.send().await {
                Ok(response) => return self.accept(response).await,
                // Nothing was sent, so another instance may be tried whatever the method.
                Err(error) if error.is_connect() => failure = error.into(),
                Err(error) => {
                    failure = error.into();
                    break;
                }
            }
        }
        Err(self.away(failure))
    }

    async fn read<T: DeserializeOwned>(&self, response: reqwest::Response) -> Result<T, CallError> {
        response.json().await.map_err(|error| self.away(error.into()))
    }

    fn away(&self, cause: anyhow::Error) -> CallError {
        CallError::Away { service: self.service, cause }
    }

    async fn accept(&self, response: reqwest::Response) -> Result<reqwest::Response, CallError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let refusal: Refusal = response.json().await.unwrap_or_default();
        if status.is_server_error() {
            return Err(self.away(anyhow::anyhow!("{status} {}", refusal.detail)));
        }
        Err(CallError::Refused {
            service: self.service,
            status,
            code: refusal.code,
            detail: refusal.detail,
        })
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
            headers.insert(&X_REQUEST_ID, context.request_id);
            headers.insert(&TRACEPARENT, context.traceparent);
        }
        headers
    }
}
