//! Routes, in files and folders named by their paths: request and response bodies, handlers, and
//! their OpenAPI descriptions.

mod auth;
mod internal;
mod jwks;
mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(auth::router())
        .merge(users::router())
        .merge(jwks::router())
        .merge(internal::router())
        .with_state(state)
}
