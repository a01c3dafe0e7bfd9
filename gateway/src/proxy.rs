//! Passing a request on, and its answer back, without holding either in memory.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request::Parts, uri::PathAndQuery};
use http_kit::{
    ApiError,
    app::MAX_BODY_BYTES,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    extract::content_length,
    problem::{self, codes},
    request_body,
};
use tokio::time::Instant;

use crate::{
    client_address::{self, Client},
    compression::Compression,
    identity,
    rate_limit::Admission,
    routes::{Access, Route, Service},
    state::AppState,
    upstream::{self, AnswerBody, AttemptError, Outbound, Upload},
};

/// This gateway in `Via`.
const VIA: &str = "1.1 promptforge";

/// The most times that a request may have been here before.
const MAX_HOPS: usize = 3;

/// An answer of an instance.
pub struct Forwarded<B = Body> {
    pub response: Response<B>,
    pub instance: SocketAddr,
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
    admission.count_address().await?;
    let caller = identity::authenticate(state, &parts.headers).await?;
    match &caller {
        Some(caller) => admission.count_user(caller.claims.sub).await?,
        None if target.route.access == Access::SignedIn => {
            let detail = "Sign in, and send the access token.";
            return Err(ApiError::of(codes::AuthenticationRequired::CODE, detail));
        }
        None => {}
    }
    check_content_length(&parts.headers)?;
    strip_hop_by_hop(&mut parts.headers);
    set_request_context(&mut parts.headers, context);
    identity::set_identity_headers(&mut parts.headers, caller.as_deref(), &state.internal_token);
    client_address::set_forwarded_headers(&mut parts.headers, client);
    count_hop(&mut parts.headers)?;
    // The body is asked for when it is sent: this is what answers 100.
    parts.headers.remove(header::EXPECT);
    parts.uri = target_uri(target.renamed, parts.uri)?;
    let compression = Compression::of_request(&parts.method, &mut parts.headers);
    let patience = (target.route.deadline, target.route.may_repeat(&parts.method));
    let place = state.load_shedding.admit(target.route.service, !body.is_end_stream())?;
    let sent = send(state, target.route.service, patience, parts, body).await?;
    let response = compression.apply(place.hold(sent.response)?);
    Ok(Forwarded { response, instance: sent.instance, took: sent.took })
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

/// Sends a request to a service, which must begin its answer within `deadline` from the end of the body.
pub async fn send(
    state: &AppState,
    service: Service,
    (deadline, may_repeat): (Duration, bool),
    parts: Parts,
    body: Body,
) -> Result<Forwarded<AnswerBody>, ApiError> {
    let started = Instant::now();
    let mut outbound = Outbound { parts, upload: Upload::new(body), deadline, started, may_repeat };
    match upstream::send(state.upstreams.of(service), &mut outbound).await {
        Ok(answer) => Ok(Forwarded {
            response: strip_response(answer.response),
            instance: answer.instance,
            took: started.elapsed(),
        }),
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

/// Removes what a service says of its connection, and of CORS: which pages may call is the gateway's to say.
fn strip_response<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    remove_named_by_connection(headers);
    remove_where(headers, |name| is_hop_by_hop(name) || name.starts_with("access-control-"));
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
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    remove_named_by_connection(headers);
    remove_where(headers, is_hop_by_hop);
}

/// Removes the headers that `Connection` names.
fn remove_named_by_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        // As bytes: one name that is no text must not hide the others beside it.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
}

/// Removes headers by their names in one pass: most messages have none of those that are looked for, and
/// looking each of these up would cost more.
fn remove_where(headers: &mut HeaderMap, is_removed: impl Fn(&str) -> bool) {
    let removed: Vec<HeaderName> =
        headers.keys().filter(|name| is_removed(name.as_str())).cloned().collect();
    for name in removed {
        headers.remove(name);
    }
}

fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Sets the id of the request and its trace, even if the client's `Connection` header named them: the
/// service must know the request by our id.
pub fn set_request_context(headers: &mut HeaderMap, context: &RequestContext) {
    headers.insert(&X_REQUEST_ID, context.request_id.clone());
    headers.insert(&TRACEPARENT, context.traceparent.clone());
}
