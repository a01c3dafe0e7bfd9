//! The gateway's router, and what goes around it.

use std::time::Duration;

use axum::Router;
use http::{HeaderName, HeaderValue, Method, header};
use http_kit::{
    context::{TRACEPARENT, X_REQUEST_ID},
    health::{self, Readiness},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{docs, proxy, state::AppState};

/// From the outside in:
///
/// 1. `http_kit::telemetry::observe`: request context, panics, log line, metrics.
/// 2. CORS: answers preflights, marks answers for the origins that are allowed.
/// 3. The gateway's own paths: health, metrics, API descriptions.
/// 4. All else is passed on: identity, then balance, then proxy.
pub fn router(state: AppState, readiness: Readiness, cors: CorsLayer) -> Router {
    let router = Router::new()
        .merge(docs::router())
        .fallback(proxy::forward)
        .with_state(state)
        .merge(health::routes("gateway", &[], readiness));
    http_kit::app::around(router.layer(cors))
}

/// Lets the pages of these origins call the API, and read the headers that matter to a client.
pub fn cors(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        // The cookie that holds a refresh token.
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("prefer"),
            X_REQUEST_ID.clone(),
            TRACEPARENT.clone(),
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("preference-applied"),
            X_REQUEST_ID.clone(),
        ])
        .max_age(Duration::from_secs(600))
}
