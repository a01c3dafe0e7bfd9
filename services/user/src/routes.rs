//! One file per endpoint group: what goes in and out, the handler, its description.

mod admin;
mod auth;
mod device;
mod internal;
mod jwks;
mod me;
mod profile;
mod refresh_cookie;
mod sessions;
mod social;
mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(auth::router())
        .merge(sessions::router())
        .merge(me::router())
        .merge(users::router())
        .merge(social::router())
        .merge(admin::router())
        .merge(jwks::router())
        .merge(internal::router())
        .with_state(state)
}
