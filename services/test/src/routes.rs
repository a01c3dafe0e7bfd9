//! One file per endpoint group: what goes in and out, the handler, its description.

mod cancel;
mod create;
mod providers;
mod stream;
mod tests;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(create::router())
        .merge(tests::router())
        .merge(providers::router())
        .merge(cancel::router())
        .merge(stream::router())
        .with_state(state)
}
