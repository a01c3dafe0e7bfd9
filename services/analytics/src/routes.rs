//! One file per endpoint group: what goes in and out, the handler, its description.

mod dead_letters;
mod live;
mod period_query;
mod pipeline;
mod prompts;
mod stats;
mod timeseries;
mod trending;
mod users;

use utoipa_axum::router::OpenApiRouter;

pub use live::frame as live_frame;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(stats::router())
        .merge(trending::router())
        .merge(timeseries::router())
        .merge(prompts::router())
        .merge(users::router())
        .merge(live::router())
        .merge(pipeline::router())
        .merge(dead_letters::router())
        .with_state(state)
}
