//! Checks that every request passes first.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue, Method, Version, header, uri::Authority};
use http_kit::{ApiError, ApiResult, problem::codes};

use crate::path;

const ALLOWED: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Refuses methods that no route takes, requests that do not say which host they are for, and paths that
/// could be read in two ways.
pub async fn check(request: Request, next: Next) -> ApiResult<Response> {
    check_request(&request)?;
    Ok(next.run(request).await)
}

/// Checks the method, the host and the path.
///
/// # Errors
/// 405 or 400.
pub fn check_request(request: &Request) -> ApiResult<()> {
    check_method(request.method())?;
    check_host(request.version(), request.headers())?;
    path::check(request.uri().path())
}

fn check_method(method: &Method) -> ApiResult<()> {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => Ok(()),
        _ => Err(http_kit::app::method_not_allowed().with_header(header::ALLOW, ALLOWED)),
    }
}

/// Checks that a request has one `Host`; only HTTP/1.0 may do without (RFC 9112, 3.2).
fn check_host(version: Version, headers: &HeaderMap) -> ApiResult<()> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let valid = match (hosts.next(), hosts.next()) {
        (None, None) => version < Version::HTTP_11,
        (Some(host), None) => host.to_str().is_ok_and(is_host),
        _ => false,
    };
    if valid {
        return Ok(());
    }
    Err(ApiError::of(codes::BadHost::CODE, "The request must have one valid Host header."))
}

/// Tells whether a text is a host with an optional port, and no user before it.
pub fn is_host(text: &str) -> bool {
    if is_plain_host(text) {
        return true;
    }
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let host = authority.host();
    let port = text.strip_prefix(host).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    !host.is_empty() && port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok())
}

/// Tells whether a text is a name or an IPv4 address with an optional port: nearly every host is, and need not
/// be parsed.
fn is_plain_host(text: &str) -> bool {
    // Without a colon, a port that is one.
    let (name, port) = text.split_once(':').unwrap_or((text, "80"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_plain)
        && (1..=4).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_an_optional_port() {
        for good in ["localhost", "localhost:9000", "127.0.0.1", "[::1]:9000", "a.example"] {
            assert!(is_host(good), "{good}");
        }
        for bad in
            ["", "two words", "a/b", "user@host", "http://host", "host:port", "host:99999", "a,b/"]
        {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
