//! The path of a request, from its connection to its answer.
//!
//! A request for a service passes no layers: one function checks it, forwards it, and logs it, so that it
//! costs little more than its system calls. The gateway's own pages are a router behind it.

mod connection;
mod cores;
mod http2;

use std::{
    borrow::Cow,
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, header};
use http_kit::{
    context::{RequestContext, X_REQUEST_ID},
    serve::{accept_connections, permits},
    telemetry::{self, Served},
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::{
    client_address::Peer,
    event_stream, protocol,
    proxy::{self, Caller, Target},
    rate_limit, routes, security_headers,
    state::AppState,
};
pub use connection::Connections;
pub use cores::Cores;

/// The headers of a request by which CORS decides, as every answer names them for caches.
const VARY_CORS: HeaderValue = HeaderValue::from_static(
    "origin, access-control-request-method, access-control-request-headers",
);

/// What a client that came by https is told: to come so for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What answers requests on one core.
#[derive(Clone)]
pub struct Server {
    parts: Arc<Parts>,
    /// The permits of connections, which all cores share.
    permits: Arc<Semaphore>,
    connections: Arc<Connections>,
}

struct Parts {
    state: AppState,
    /// The gateway's own pages, and the answer where there is nothing.
    pages: Router,
    cors: CorsLayer,
    /// Cancelled when nothing new is accepted, and streams end.
    stop: CancellationToken,
}

/// The instance that answered a request, and the time in which it began to.
type Upstream = Option<(SocketAddr, Duration)>;

impl Server {
    pub fn new(state: AppState, pages: Router, cors: CorsLayer, connections: Connections) -> Self {
        let stop = connections.drain.stop().clone();
        let parts = Arc::new(Parts { state, pages, cors, stop });
        Self { parts, permits: permits(), connections: Arc::new(connections) }
    }

    /// Serves on the runtime of the caller until `stop`.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let Self { parts, permits, connections } = self;
        // A token of this core's own: connections of other cores do not contend for it.
        let shutdown = stop.child_token();
        let serve = |stream, peer| {
            let (parts, connections) = (parts.clone(), connections.clone());
            let shutdown = shutdown.clone();
            let answer = move |request, peer| parts.clone().answer(request, peer);
            async move {
                if let Err(error) = connections.serve(stream, peer, answer, &shutdown).await {
                    tracing::debug!(%peer, "connection ended: {error}");
                }
            }
        };
        accept_connections(listener, &permits, &shutdown, serve).await;
    }
}

impl Parts {
    async fn answer(self: Arc<Self>, mut request: Request, peer: Peer) -> Response {
        let found = routes::find(request.uri().path());
        let found = found.map(|(route, path)| Target { route, renamed: renamed(path) });
        match found {
            Some(target) => self.answer_for(target, request, peer).await,
            None => {
                request.extensions_mut().insert(ConnectInfo(peer.address));
                let Ok(response) = Box::pin(self.pages.clone().oneshot(request)).await;
                response
            }
        }
    }

    /// Answers a request for a service.
    async fn answer_for(&self, target: Target, request: Request, peer: Peer) -> Response {
        let started = Instant::now();
        let context = RequestContext::from_request(request.headers(), request.uri().path());
        let method = request.method().clone();
        let is_private = security_headers::is_private(request.uri().path(), request.headers());
        let route = target.route.prefix;
        let mut upstream = None;
        let answered = self.check_and_forward(target, &context, request, peer, &mut upstream);
        let response = telemetry::catch_panic(answered).await;
        let mut response = event_stream::end_at(&self.stop, response);
        let headers = response.headers_mut();
        security_headers::set(headers, is_private);
        headers.insert(&X_REQUEST_ID, context.request_id.clone());
        telemetry::served(&Served {
            context: &context,
            method: &method,
            route,
            status: response.status(),
            took: started.elapsed(),
            instance: upstream.map(|(instance, _)| instance),
            upstream_took: upstream.map(|(_, took)| took),
        });
        response
    }

    async fn check_and_forward(
        &self,
        target: Target,
        context: &RequestContext,
        request: Request,
        peer: Peer,
        upstream: &mut Upstream,
    ) -> Response {
        let method = request.method().clone();
        if let Err(error) = protocol::check_request(&request) {
            return context.in_scope(&method, || error.into_response());
        }
        // Without an origin no page asks, and CORS has only to say what answers depend on.
        if method != Method::OPTIONS && !request.headers().contains_key(header::ORIGIN) {
            let mut response = self.forward(target, context, request, peer, upstream).await;
            add_vary(response.headers_mut());
            return response;
        }
        let forward = service_fn(|request| {
            let target = target.clone();
            async {
                let mut upstream = None;
                let mut response =
                    self.forward(target, context, request, peer, &mut upstream).await;
                response.extensions_mut().insert(upstream);
                Ok::<_, Infallible>(response)
            }
        });
        // In a box, so that other requests hold no room for it.
        let Ok(mut response) = Box::pin(self.cors.layer(forward).oneshot(request)).await;
        *upstream = response.extensions_mut().remove::<Upstream>().flatten();
        response
    }

    /// Counts a request against its limits, and sends it on.
    async fn forward(
        &self,
        target: Target,
        context: &RequestContext,
        request: Request,
        peer: Peer,
        upstream: &mut Upstream,
    ) -> Response {
        let method = request.method().clone();
        let client = self.state.trusted_proxies.client(peer, request.headers());
        let class = rate_limit::class_of(target.route, &method, target.path(&request));
        let mut admission = self.state.rate_limits.admission(class, client.address);
        let caller = Caller { context, client: &client };
        let sent = proxy::forward(&self.state, target, caller, &mut admission, request).await;
        let mut response = match sent {
            Ok(forwarded) => {
                *upstream = Some((forwarded.instance, forwarded.took));
                forwarded.response
            }
            // The span gives the error's log line its request id; a request without one needs no span.
            Err(error) => context.in_scope(&method, || error.into_response()),
        };
        admission.write(response.headers_mut());
        if client.is_https {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
        response
    }
}

/// Returns a path that is not the one that the client wrote.
fn renamed(path: Cow<'_, str>) -> Option<String> {
    match path {
        Cow::Borrowed(_) => None,
        Cow::Owned(path) => Some(path),
    }
}

/// Says what the answer depends on, beside what the service says.
fn add_vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, VARY_CORS);
}
