//! Passing a request on, and its answer back, without holding either in memory.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request::Parts};
use http_kit::{
    ApiError,
    app::MAX_BODY_BYTES,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    extract::content_length,
    problem::{self, codes},
    request_body,
    telemetry::RouteLabel,
};
use tokio::time::Instant;

use crate::{
    identity,
    routes::{self, Access, Route, Service},
    state::AppState,
    upstream::{self, AttemptError, Outbound, Upload},
};

/// This gateway in `Via`.
const VIA: &str = "1.1 promptforge";

/// The most times that a request may have been here before.
const MAX_HOPS: usize = 3;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Handles every path that the gateway does not serve itself.
pub async fn forward(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let Some((route, path)) = routes::find(&path) else {
        return http_kit::app::route_not_found().await.into_response();
    };
    let mut response = match send_as_caller(&state, route, &path, peer, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(RouteLabel(route.prefix));
    response
}

/// Replaces what the client says of itself by what the gateway knows, and sends the request on.
async fn send_as_caller(
    state: &AppState,
    route: &Route,
    path: &str,
    peer: SocketAddr,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let caller =
        identity::authenticate(&state.verifier, &state.revocations, &parts.headers).await?;
    if caller.is_none() && route.access == Access::SignedIn {
        let detail = "Sign in, and send the access token.";
        return Err(ApiError::of(codes::AuthenticationRequired::CODE, detail));
    }
    check_content_length(&parts.headers)?;
    strip_hop_by_hop(&mut parts.headers);
    set_request_context(&mut parts.headers);
    identity::set_identity_headers(&mut parts.headers, caller.as_ref(), &state.internal_token);
    set_forwarded_headers(&mut parts.headers, peer);
    count_hop(&mut parts.headers)?;
    // The body is asked for when it is sent: this is what answers 100.
    parts.headers.remove(header::EXPECT);
    parts.uri = target(path, parts.uri.query())?;
    let may_repeat = route.may_repeat(&parts.method);
    send(state, route.service, route.deadline, may_repeat, parts, body).await
}

/// Sends a request to a service, which must begin its answer within `deadline` from the end of the body.
pub async fn send(
    state: &AppState,
    service: Service,
    deadline: Duration,
    may_repeat: bool,
    parts: Parts,
    body: Body,
) -> Result<Response, ApiError> {
    let outbound = Outbound {
        parts,
        upload: Upload::new(body),
        deadline,
        started: Instant::now(),
        may_repeat,
    };
    match upstream::send(state.upstreams.of(service), &outbound).await {
        Ok(response) => Ok(strip_response(response)),
        Err(error) => Err(into_api_error(service, error)),
    }
}

fn into_api_error(service: Service, error: Option<AttemptError>) -> ApiError {
    let title = service.title();
    let broken = || {
        let detail = format!("The {title} broke off its answer.");
        ApiError::of(codes::UpstreamFailed::CODE, detail)
    };
    match error {
        None => ApiError::unavailable(title, anyhow::anyhow!("no instances")),
        Some(AttemptError::Refused(error)) => ApiError::unavailable(title, error),
        Some(AttemptError::Unsent { .. }) => {
            ApiError::unavailable(title, anyhow::anyhow!("connections are closed at once"))
        }
        Some(AttemptError::TimedOut | AttemptError::Hanging) => ApiError::of(
            codes::UpstreamTimeout::CODE,
            format!("The {title} did not answer in time."),
        ),
        Some(AttemptError::NoAnswer(error)) => {
            request_body::as_api_error(&error).unwrap_or_else(|| broken().with_cause(error))
        }
        Some(AttemptError::Unexpected(status)) => {
            broken().with_cause(anyhow::anyhow!("unexpected status {status}"))
        }
    }
}

/// Returns the target of a request to a service.
fn target(path: &str, query: Option<&str>) -> Result<Uri, ApiError> {
    let target = match query {
        Some(query) => format!("{path}?{query}").parse(),
        None => path.parse(),
    };
    target.map_err(|_| ApiError::of(codes::BadPath::CODE, "The path is not valid."))
}

/// Adds this hop to `Via`.
///
/// # Errors
/// A 508 for a request that was here too often: the address of a service leads back to a gateway.
fn count_hop(headers: &mut HeaderMap) -> Result<(), ApiError> {
    let hops = headers
        .get_all(header::VIA)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter(|hop| hop.trim_ascii() == VIA.as_bytes())
        .count();
    if hops >= MAX_HOPS {
        let detail = "The request came through the gateway again and again.";
        return Err(ApiError::of(codes::LoopDetected::CODE, detail));
    }
    headers.append(header::VIA, HeaderValue::from_static(VIA));
    Ok(())
}

fn strip_response(mut response: Response) -> Response {
    strip_hop_by_hop(response.headers_mut());
    response
}

/// Refuses a body that no service takes, before it is sent.
fn check_content_length(headers: &HeaderMap) -> Result<(), ApiError> {
    match content_length(headers) {
        Some(length) if length > MAX_BODY_BYTES as u64 => Err(problem::body_too_large()),
        _ => Ok(()),
    }
}

/// Removes the headers that are about one connection and not about the message (RFC 9110, 7.6.1).
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// Sets the id of the request and its trace, even if the client's `Connection` header named them: the
/// service must know the request by our id.
pub fn set_request_context(headers: &mut HeaderMap) {
    if let Some(context) = RequestContext::current() {
        headers.insert(&X_REQUEST_ID, context.request_id);
        headers.insert(&TRACEPARENT, context.traceparent);
    }
}

/// Sets the `X-Forwarded-…` headers; those of the client are not believed.
fn set_forwarded_headers(headers: &mut HeaderMap, peer: SocketAddr) {
    if let Ok(address) = HeaderValue::try_from(peer.ip().to_string()) {
        headers.insert(&X_FORWARDED_FOR, address);
    }
    headers.insert(&X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    match headers.get(header::HOST).cloned() {
        Some(host) => headers.insert(&X_FORWARDED_HOST, host),
        None => headers.remove(&X_FORWARDED_HOST),
    };
}
