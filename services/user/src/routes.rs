//! One file per endpoint group: what goes in and out, the handler, its description.

mod auth;
mod internal;
mod jwks;
mod profile;
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
