//! What a call is, for both of its sides.

use axum::routing::MethodFilter;
use garde::Validate;
use http::StatusCode;
use ids::{LicenseId, PromptId, UserId};
use reqwest::Url;
use serde::{Serialize, de::DeserializeOwned};

use crate::refusal::Refusal;

/// A call of another service.
pub trait Call: Send + Sync + 'static {
    const METHOD: Method;
    /// The path as axum's router takes it, with parameters in braces.
    const PATH: &'static str;
    /// The status of success; a 204 has no body.
    const STATUS: StatusCode = StatusCode::OK;
    /// The values of the path's parameters, in the order of the path.
    type Params: PathParams + DeserializeOwned + Send;
    /// The query of a GET or a DELETE, and the JSON body of others; `()` for neither.
    type Request: Serialize + DeserializeOwned + Validate<Context = ()> + Send + Sync + 'static;
    /// The JSON body of success; `()` for none.
    type Response: Serialize + DeserializeOwned + Send;
    /// The errors that the caller acts on; [`Infallible`](std::convert::Infallible) for none.
    type Refusal: Refusal;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// Whether the request is sent as a body, and not as a query.
    pub(crate) fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put)
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
        }
    }
}

impl From<Method> for MethodFilter {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
        }
    }
}

/// The values of a path's parameters.
pub trait PathParams {
    /// Returns the values as text, not percent-encoded.
    fn values(&self) -> Vec<String>;
}

impl PathParams for () {
    fn values(&self) -> Vec<String> {
        Vec::new()
    }
}

impl PathParams for PromptId {
    fn values(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl PathParams for UserId {
    fn values(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl PathParams for (PromptId, LicenseId) {
    fn values(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.to_string()]
    }
}

/// Returns the URL of a call at an instance: the path with its parameters filled in, each as one
/// percent-encoded segment.
///
/// # Errors
/// When the path has more parameters than there are values, or `base` cannot have a path.
pub(crate) fn url<C: Call>(base: &Url, params: &C::Params) -> anyhow::Result<Url> {
    let mut url = base.clone();
    let mut values = params.values().into_iter();
    {
        let mut segments =
            url.path_segments_mut().map_err(|()| anyhow::anyhow!("{base} cannot have a path"))?;
        segments.pop_if_empty();
        for segment in C::PATH.split('/').skip(1) {
            if segment.starts_with('{') {
                let value = values.next();
                let value = value.ok_or_else(|| anyhow::anyhow!("no value for {segment}"))?;
                segments.push(&value);
            } else {
                segments.push(segment);
            }
        }
    }
    Ok(url)
}
