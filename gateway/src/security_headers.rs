//! Headers that tell browsers what they may do with an answer.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The policy of pages: they load nothing from elsewhere. Swagger UI styles its elements in place and
/// has pictures in its style sheet.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/// The policy of other answers: they load nothing and are shown in no frame.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

static REFERRER_POLICY: HeaderName = header::REFERRER_POLICY;

/// The policy of one answer, in its extensions: instead of that for its type.
#[derive(Clone)]
pub struct ContentPolicy(pub HeaderValue);

/// Adds the headers to every answer.
pub async fn add(request: Request, next: Next) -> Response {
    let is_private = is_private(request.uri().path(), request.headers());
    let mut response = next.run(request).await;
    let own = response.extensions_mut().remove::<ContentPolicy>();
    set(response.headers_mut(), is_private);
    if let Some(ContentPolicy(policy)) = own {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Tells whether a request has credentials, or asks for some.
pub fn is_private(path: &str, headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(header::COOKIE)
        || ["/auth/", "/api/auth/"].iter().any(|prefix| path.starts_with(prefix))
}

/// Sets the headers of an answer. A private one is cached nowhere unless the service itself says
/// otherwise.
pub fn set(headers: &mut HeaderMap, is_private: bool) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(&REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = if is_page { PAGE_POLICY } else { DATA_POLICY };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    if is_private {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(const { HeaderValue::from_static("no-store") });
    }
}
