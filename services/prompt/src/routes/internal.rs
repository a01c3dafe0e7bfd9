//! Routes under `/internal`, for the other services. Not in the OpenAPI document: no client can
//! reach them.

mod entitlements;
mod prompts;
mod users;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    let router =
        Router::new().merge(prompts::router()).merge(entitlements::router()).merge(users::router());
    OpenApiRouter::from(router)
}
