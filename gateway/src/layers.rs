//! The router of the gateway's own pages, and what goes around it.

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware};
use http::{HeaderName, HeaderValue, Method, header};
use http_kit::{
    context::X_REQUEST_ID,
    health::{self, Readiness},
};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::{
    compression, docs, protocol,
    rate_limit::{RATE_LIMIT, RATE_LIMIT_POLICY},
    security_headers,
    state::AppState,
    web::{self, Web},
};

/// Returns the router of the gateway's own pages and of paths that no service owns, with these layers
/// from the outside in:
///
/// 1. `http_kit::telemetry::observe`: request context, panics, log line, metrics.
/// 2. Security headers on every answer.
/// 3. [`protocol::check`]: the method, the host and the path.
/// 4. CORS: answers preflights, marks answers for the origins that are allowed.
/// 5. [`compression::layer`].
pub fn router(
    state: AppState,
    readiness: Readiness,
    cors: CorsLayer,
    web: Option<Arc<Web>>,
) -> Router {
    let router = Router::new()
        .merge(docs::router())
        .with_state(state)
        .merge(health::routes("gateway", &[], readiness))
        .merge(web::router(web))
        .method_not_allowed_fallback(http_kit::app::method_not_allowed_fallback)
        .layer(middleware::from_fn(compression::layer))
        .layer(cors)
        .layer(middleware::from_fn(protocol::check))
        .layer(middleware::from_fn(security_headers::add));
    http_kit::app::add_common_layers(router)
}

/// Returns the layer that lets the pages of these origins call the API, with the cookie that refreshes
/// a session, and read the headers that matter to a client.
pub fn cors(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        // The cookie that holds a refresh token.
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // A browser may send more headers than we know; nothing that matters is believed of them.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            header::LINK,
            header::WWW_AUTHENTICATE,
            HeaderName::from_static("preference-applied"),
            X_REQUEST_ID.clone(),
            RATE_LIMIT.clone(),
            RATE_LIMIT_POLICY.clone(),
        ])
        .max_age(Duration::from_secs(600))
}
