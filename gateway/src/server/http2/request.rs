//! A request of HTTP/2 as it would be in HTTP/1.1, which services speak.

use axum::extract::Request;
use http::{HeaderMap, HeaderValue, Method, Uri, Version, header};
use http_kit::request_body::RequestBody;
use hyper::body::Incoming;

/// Makes `:authority` the host, and the pieces of a cookie one header. Headers of a connection are refused before.
pub fn as_http1(request: hyper::Request<Incoming>) -> Request {
    let mut request = RequestBody::wrap(request);
    *request.version_mut() = Version::HTTP_11;
    set_host(&mut request);
    join_cookies(request.headers_mut());
    request
}

/// A `Host` that differs from `:authority` stays beside it: a request with two hosts is refused.
fn set_host(request: &mut Request) {
    if request.method() == Method::CONNECT {
        return;
    }
    let parts = std::mem::take(request.uri_mut()).into_parts();
    if let Some(path) = parts.path_and_query {
        *request.uri_mut() = Uri::from(path);
    }
    let Some(authority) = parts.authority else { return };
    let headers = request.headers_mut();
    let is_same =
        |host: &HeaderValue| host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes());
    if !headers.get(header::HOST).is_some_and(is_same)
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.append(header::HOST, host);
    }
}

/// Joins what a client may send in pieces (RFC 9113, 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let pieces: Vec<&[u8]> =
        headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if pieces.len() < 2 {
        return;
    }
    if let Ok(cookie) = HeaderValue::from_bytes(&pieces.join(&b"; "[..])) {
        headers.insert(header::COOKIE, cookie);
    }
}
