//! The page that every address of the client is answered with.
//!
//! Its policy lets it run its own scripts alone. Style sheets that a script writes, as those of the editor,
//! need a nonce, which is another one in each answer: so there is no entity tag, and a stored answer is not
//! used again without asking.

use aws_lc_rs::rand;
use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, Method, header};
use http_kit::ApiError;

use crate::security_headers::ContentPolicy;

/// What stands in `index.html` for the nonce.
const PLACEHOLDER: &str = "__CSP_NONCE__";

const NONCE_BYTES: usize = 16;

/// `index.html`.
pub struct Page {
    /// The text between the placeholders.
    parts: Vec<String>,
}

impl Page {
    pub fn parse(html: &str) -> Self {
        Self { parts: html.split(PLACEHOLDER).map(str::to_owned).collect() }
    }

    /// Answers a GET or HEAD.
    pub fn answer(&self, request: &Request) -> Response {
        self.try_answer(request).unwrap_or_else(IntoResponse::into_response)
    }

    fn try_answer(&self, request: &Request) -> Result<Response, ApiError> {
        let mut bytes = [0; NONCE_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::internal(anyhow::anyhow!("no randomness")))?;
        let nonce = URL_SAFE_NO_PAD.encode(bytes);
        let policy = HeaderValue::try_from(policy(&nonce)).map_err(ApiError::internal)?;
        let html = self.parts.join(&nonce);
        let mut headers = HeaderMap::new();
        let content_type = const { HeaderValue::from_static("text/html; charset=utf-8") };
        headers.insert(header::CONTENT_TYPE, content_type);
        headers.insert(header::CACHE_CONTROL, const { HeaderValue::from_static("no-cache") });
        headers.insert(header::CONTENT_LENGTH, html.len().into());
        let is_head = *request.method() == Method::HEAD;
        let body = if is_head { Body::empty() } else { Body::from(html) };
        let mut response = (headers, body).into_response();
        response.extensions_mut().insert(ContentPolicy(policy));
        Ok(response)
    }
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}
