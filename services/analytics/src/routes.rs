//! One file per endpoint group: what goes in and out, the handler, its description.

mod live;
mod stats;
mod trending;

use utoipa_axum::router::OpenApiRouter;

pub use live::frame as live_frame;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(stats::router())
        .merge(trending::router())
        .merge(live::router())
        .with_state(state)
}
