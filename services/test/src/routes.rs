//! One file per endpoint group: what goes in and out, the handler, its description.

mod create;
mod providers;
mod tests;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(create::router())
        .merge(tests::router())
        .merge(providers::router())
        .with_state(state)
}
