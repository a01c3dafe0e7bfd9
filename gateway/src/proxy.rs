//! Passing a request on, and its answer back, without holding either in memory.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, Uri, header, request::Parts, uri::Authority};
use http_body_util::Limited;
use http_kit::{
    ApiError,
    app::MAX_BODY_BYTES,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    extract::content_length,
    problem::{self, codes},
    request_body,
    telemetry::RouteLabel,
};
use hyper_util::client::legacy::Error as ClientError;

use crate::{
    client_address::{self, Client},
    identity,
    rate_limit::{self, Admission},
    routes::{self, Route, Service},
    state::AppState,
};

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
    let client = state.trusted_proxies.client(peer.ip(), request.headers());
    let class = rate_limit::class_of(route, request.method(), &path);
    let mut admission = state.rate_limits.admission(class, client.address);
    let sent = send_as_caller(&state, route, &path, &client, &mut admission, request).await;
    let mut response = sent.unwrap_or_else(ApiError::into_response);
    admission.write(response.headers_mut());
    response.extensions_mut().insert(RouteLabel(route.prefix));
    response
}

/// Replaces what the client says of itself by what the gateway knows, and sends the request on.
async fn send_as_caller(
    state: &AppState,
    route: &Route,
    path: &str,
    client: &Client,
    admission: &mut Admission<'_>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    // Before the token is looked at: a bad one counts too.
    admission.count_address().await?;
    let caller =
        identity::authenticate(&state.verifier, &state.revocations, &parts.headers).await?;
    if let Some(caller) = &caller {
        admission.count_user(caller.id).await?;
    }
    check_content_length(&parts.headers)?;
    strip_hop_by_hop(&mut parts.headers);
    set_request_context(&mut parts.headers);
    identity::set_identity_headers(&mut parts.headers, caller.as_ref(), &state.internal_token);
    client_address::set_forwarded_headers(&mut parts.headers, client);
    let target = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    send(state, route.service, route.deadline, parts, &target, body).await
}

/// Sends a request to a service, which must begin its answer within `deadline`.
pub async fn send(
    state: &AppState,
    service: Service,
    deadline: Duration,
    parts: Parts,
    target: &str,
    body: Body,
) -> Result<Response, ApiError> {
    match tokio::time::timeout(deadline, send_with_failover(state, service, parts, target, body))
        .await
    {
        Ok(response) => response,
        Err(_) => Err(ApiError::of(
            codes::UpstreamTimeout::CODE,
            format!("The {} did not answer in time.", service.title()),
        )),
    }
}

/// Sends the request to an instance, or the next one when that takes no connection and the request has
/// no body that could be half sent. A request that only reads is sent once more when it got no answer:
/// a pooled connection may have been closed at that moment.
async fn send_with_failover(
    state: &AppState,
    service: Service,
    parts: Parts,
    target: &str,
    body: Body,
) -> Result<Response, ApiError> {
    let has_body = !body.is_end_stream();
    let upstreams = state.upstreams(service);
    let mut body = Some(body);
    let mut failure = None;
    let mut may_repeat = !has_body && parts.method.is_safe();
    let mut instances = upstreams.round_robin();
    let mut next = instances.next();
    while let Some(authority) = next {
        let body = match body.take() {
            Some(body) => body,
            None if has_body => break,
            None => Body::empty(),
        };
        let request = build_request(&parts, authority, target, body)?;
        match state.client.request(request).await {
            Ok(response) => return Ok(strip_response(response.map(Body::new))),
            Err(error) if error.is_connect() => {
                upstreams.eject(authority);
                failure = Some(error);
                next = instances.next();
            }
            Err(_) if may_repeat => {
                may_repeat = false;
                next = instances.next().or(next);
            }
            Err(error) => return Err(upstream_failed(service, error)),
        }
    }
    Err(match failure {
        Some(error) => ApiError::unavailable(service.title(), error),
        None => ApiError::unavailable(service.title(), anyhow::anyhow!("no instances")),
    })
}

fn upstream_failed(service: Service, error: ClientError) -> ApiError {
    if let Some(error) = request_body::as_api_error(&error) {
        return error;
    }
    ApiError::of(
        codes::UpstreamFailed::CODE,
        format!("The {} broke off its answer.", service.title()),
    )
    .with_cause(error)
}

fn build_request(
    parts: &Parts,
    authority: &Authority,
    target: &str,
    body: Body,
) -> Result<Request, ApiError> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(authority.clone())
        .path_and_query(target)
        .build()
        .map_err(|_| ApiError::of(codes::BadPath::CODE, "The path is not valid."))?;
    let mut request = Request::new(Body::new(Limited::new(body, MAX_BODY_BYTES)));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = parts.headers.clone();
    // The client sets the host from the address.
    request.headers_mut().remove(header::HOST);
    Ok(request)
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
