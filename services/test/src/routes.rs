//! One file per endpoint group: what goes in and out, the handler, its description.

mod body;
mod cancel;
mod comparisons;
mod create;
mod csv_body;
mod datasets;
mod parts;
mod providers;
mod runs;
mod statistics;
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
        .merge(statistics::router())
        .merge(comparisons::router())
        .merge(datasets::router())
        .merge(runs::router())
        .with_state(state)
}
