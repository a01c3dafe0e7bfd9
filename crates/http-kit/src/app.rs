//! [`App`]: a service's routes inside the layers that every service has.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use http::{HeaderValue, header};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    health::{self, Readiness},
    openapi,
    problem::{ApiError, ApiResult, codes},
    telemetry,
};

/// The most bytes of a request body: room for 100,000 characters of content, each escaped in JSON.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A service's routes, and what surrounds them.
pub struct App {
    /// The name in `/health` and in log lines.
    pub name: &'static str,
    /// The title of the API description.
    pub title: &'static str,
    pub description: &'static str,
    /// The routes, with their state.
    pub api: OpenApiRouter,
    pub readiness: Readiness,
    /// More paths that answer as `/health` does, such as `/auth/health`.
    pub health_also_at: &'static [&'static str],
}

impl App {
    /// Builds the router to serve. From the outside in:
    ///
    /// 1. [`telemetry::observe`]: request context, panics, log line, metrics.
    /// 2. `refuse_encoded`: no content encoding is accepted.
    /// 3. Body limit: 1 MiB.
    /// 4. Routes; an unknown one is a 404 problem, a wrong method a 405 problem.
    pub fn into_router(self) -> Router {
        let (router, api) = self.api.split_for_parts();
        let api = openapi::finish(api, self.title, self.description);
        let router = router
            .route("/api-docs/openapi.json", get(move || async move { axum::Json(api) }))
            .merge(health::routes(self.name, self.health_also_at, self.readiness));
        let router = router
            .fallback(route_not_found)
            .method_not_allowed_fallback(method_not_allowed_fallback)
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn(refuse_encoded));
        add_common_layers(router)
    }
}

/// Adds the layers that every process has, the gateway too.
pub fn add_common_layers(router: Router) -> Router {
    // Installed before anything is counted.
    telemetry::metrics();
    router.layer(middleware::from_fn(telemetry::observe))
}

/// Answers 404 where no route matches.
pub async fn route_not_found() -> ApiError {
    ApiError::of(codes::RouteNotFound::CODE, "There is nothing at this path.")
}

/// Returns a 405: the path is known, the method is not.
pub fn method_not_allowed() -> ApiError {
    ApiError::of(codes::MethodNotAllowed::CODE, "This path does not take that method.")
}

/// Answers 405 where a route has no such method.
pub async fn method_not_allowed_fallback() -> ApiError {
    method_not_allowed()
}

/// Refuses a compressed body, which could be far larger than it looks.
async fn refuse_encoded(request: Request, next: Next) -> ApiResult<Response> {
    let encoded = request
        .headers()
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        return Err(ApiError::of(
            codes::UnsupportedContentEncoding::CODE,
            "The body must be sent as it is: no Content-Encoding but identity is taken.",
        )
        // RFC 7694.
        .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
    }
    Ok(next.run(request).await)
}
