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

use http_kit::openapi::constraints::{at_least_one, at_most_one, only_with};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    let mut router = OpenApiRouter::new()
        .merge(create::router())
        .merge(tests::router())
        .merge(providers::router())
        .merge(cancel::router())
        .merge(stream::router())
        .merge(statistics::router())
        .merge(comparisons::router())
        .merge(datasets::router())
        .merge(runs::router())
        .with_state(state);
    constrain(router.get_openapi_mut());
    router
}

/// States which fields of bodies need or exclude each other.
fn constrain(api: &mut OpenApi) {
    const SOURCES: [&str; 2] = ["promptId", "promptContent"];
    const PICKS: [&str; 2] = ["version", "label"];
    for body in ["CreateTest", "CreateComparison", "CreateRun"] {
        at_least_one(api, body, SOURCES);
    }
    for body in ["CreateComparison", "CreateRun"] {
        at_most_one(api, body, SOURCES);
    }
    for body in ["CreateTest", "CreateRun"] {
        for pick in PICKS {
            only_with(api, body, pick, "promptId");
        }
    }
    for body in ["CreateTest", "CreateRun", "ComparisonTargetBody"] {
        at_most_one(api, body, PICKS);
    }
}
