//! One Swagger UI for all services. Each describes itself; the descriptions are fetched from the
//! services when asked for, so that there is no copy to go stale.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use http::{HeaderMap, Uri};
use http_kit::{ApiResult, context::RequestContext};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::{proxy, routes::Service, state::AppState};

/// The deadline for a description, which takes a service no time.
const DEADLINE: Duration = Duration::from_secs(5);

/// Returns the routes `/swagger-ui/` and `/api-docs/{service}.json`.
pub fn router() -> Router<AppState> {
    let urls = Service::ALL.map(|service| Url::new(service.name(), service.description_path()));
    let config = Config::new(urls)
        // The token is not stored: local storage outlives the tab.
        .persist_authorization(false)
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .doc_expansion("list")
        .filter(true);
    Service::ALL
        .into_iter()
        .fold(Router::new(), |router, service| {
            let handler = move |state, request| fetch_description(state, service, request);
            router.route(service.description_path(), get(handler))
        })
        .merge(SwaggerUi::new("/swagger-ui").config(config))
}

/// Fetches a service's description.
async fn fetch_description(
    State(state): State<AppState>,
    service: Service,
    request: Request,
) -> ApiResult<Response> {
    let (mut parts, body) = request.into_parts();
    // A description is the same for everyone.
    parts.headers = HeaderMap::new();
    if let Some(context) = RequestContext::current() {
        proxy::set_request_context(&mut parts.headers, &context);
    }
    parts.uri = Uri::from_static("/api-docs/openapi.json");
    let sent = proxy::send(&state, service, (DEADLINE, true), parts, body).await?;
    Ok(sent.response.map(Body::new))
}
