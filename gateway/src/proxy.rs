//! Passing a request on, and its answer back, without holding either in memory.

use std::time::{Duration, Instant};

use crate::{
    client_address::{self, Client},
    identity,
    pool::PoolError,
    rate_limit::Admission,
    routes::{Route, Service},
    state::AppState,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri, header,
    request::Parts,
    uri::{Authority, PathAndQuery},
};
use http_body_util::Limited;
use http_kit::{
    ApiError,
    app::MAX_BODY_BYTES,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    extract::content_length,
    problem::{self, codes},
    request_body,
};

/// An answer of an instance.
pub struct Forwarded {
    pub response: Response,
    pub instance: Authority,
    /// The time in which the instance began its answer.
    pub took: Duration,
}

/// Where a request goes.
#[derive(Clone)]
pub struct Target {
    pub route: &'static Route,
    /// The path as the service knows it; `None` when it is the client's.
    pub renamed: Option<String>,
}

impl Target {
    /// Returns the path as the service knows it.
    pub fn path<'r>(&'r self, request: &'r Request) -> &'r str {
        self.renamed.as_deref().unwrap_or_else(|| request.uri().path())
    }
}

/// Where a request comes from.
pub struct Caller<'a> {
    pub context: &'a RequestContext,
    pub client: &'a Client,
}

/// Replaces what the client says of itself by what the gateway knows, and sends the request on.
///
/// # Errors
/// What the client is told when no instance answers, or when the request is not sent on.
pub async fn forward(
    state: &AppState,
    target: Target,
    Caller { context, client }: Caller<'_>,
    admission: &mut Admission<'_>,
    request: Request,
) -> Result<Forwarded, ApiError> {
    let (mut parts, body) = request.into_parts();
    // Before the token is looked at: a bad one counts too.
    admission.count_address()?;
    let caller =
        identity::authenticate(&state.verifier, &state.revocations, &parts.headers).await?;
    if let Some(caller) = &caller {
        admission.count_user(caller.id)?;
    }
    check_content_length(&parts.headers)?;
    strip_hop_by_hop(&mut parts.headers);
    set_request_context(&mut parts.headers, context);
    identity::set_identity_headers(&mut parts.headers, caller.as_ref(), &state.internal_token);
    client_address::set_forwarded_headers(&mut parts.headers, client);
    parts.uri = target_uri(target.renamed, parts.uri)?;
    send(state, target.route.service, target.route.deadline, parts, body).await
}

/// Returns the path and query as the service knows them, without a host.
fn target_uri(renamed: Option<String>, uri: Uri) -> Result<Uri, ApiError> {
    let path = match (renamed, uri.query()) {
        // Moved and not copied: most targets are those of the client.
        (None, _) => uri.into_parts().path_and_query,
        (Some(path), query) => {
            let text = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
            let parsed = PathAndQuery::from_maybe_shared(Bytes::from(text));
            let bad_path = |_| ApiError::of(codes::BadPath::CODE, "The path is not valid.");
            Some(parsed.map_err(bad_path)?)
        }
    };
    Ok(path.map_or_else(|| Uri::from_static("/"), Uri::from))
}

/// Sends a request to a service, which must begin its answer within `deadline`.
///
/// # Errors
/// When no instance answers.
pub async fn send(
    state: &AppState,
    service: Service,
    deadline: Duration,
    parts: Parts,
    body: Body,
) -> Result<Forwarded, ApiError> {
    match tokio::time::timeout(deadline, send_with_failover(state, service, parts, body)).await {
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
    mut parts: Parts,
    body: Body,
) -> Result<Forwarded, ApiError> {
    let has_body = !body.is_end_stream();
    let upstreams = state.upstreams(service);
    // Only a request that may be sent again is copied.
    let mut spare = (!has_body && parts.method.is_safe()).then(|| parts.clone());
    let mut instances = upstreams.round_robin();
    let Some(mut instance) = instances.next() else {
        return Err(ApiError::unavailable(service.title(), anyhow::anyhow!("no instances")));
    };
    let mut body = if has_body { Body::new(Limited::new(body, MAX_BODY_BYTES)) } else { body };
    loop {
        set_host(&mut parts.headers, instance);
        let started = Instant::now();
        match state.pool.request(instance, Request::from_parts(parts, body)).await {
            Ok(response) => {
                let response = strip_response(response);
                let (instance, took) = (instance.clone(), started.elapsed());
                return Ok(Forwarded { response, instance, took });
            }
            Err(PoolError::Connect(error, unsent)) => {
                upstreams.eject(instance);
                let Some(next) = instances.next().filter(|_| !has_body) else {
                    return Err(ApiError::unavailable(service.title(), error));
                };
                (instance, (parts, body)) = (next, unsent.into_parts());
            }
            Err(PoolError::NoAnswer(error)) => {
                let Some(again) = spare.take() else { return Err(upstream_failed(service, error)) };
                instance = instances.next().unwrap_or(instance);
                (parts, body) = (again, Body::empty());
            }
        }
    }
}

/// Sets the `Host` that the instance expects.
fn set_host(headers: &mut HeaderMap, instance: &Authority) {
    if let Ok(host) = HeaderValue::from_str(instance.as_str()) {
        headers.insert(header::HOST, host);
    }
}

fn upstream_failed(service: Service, error: hyper::Error) -> ApiError {
    if let Some(error) = request_body::as_api_error(&error) {
        return error;
    }
    ApiError::of(
        codes::UpstreamFailed::CODE,
        format!("The {} broke off its answer.", service.title()),
    )
    .with_cause(error)
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
pub fn set_request_context(headers: &mut HeaderMap, context: &RequestContext) {
    headers.insert(&X_REQUEST_ID, context.request_id.clone());
    headers.insert(&TRACEPARENT, context.traceparent.clone());
}
