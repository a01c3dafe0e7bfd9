//! One file per endpoint group: what goes in and out, the handler, its description.

mod dead_letters;
mod pipeline;
mod stats;
mod trending;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(stats::router())
        .merge(pipeline::router())
        .merge(dead_letters::router())
        .merge(trending::router())
        .with_state(state)
}
