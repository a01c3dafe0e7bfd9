//! One file per endpoint group: request and response bodies, handlers, and their descriptions.

mod comparison_stream;
mod comparisons;
mod datasets;
mod evaluation_run_stream;
mod evaluation_runs;
mod fields;
mod heavy_json;
mod prefer;
mod prompt_test_stream;
mod prompt_tests;
mod providers;
mod statistics;
mod test_events;

use http_kit::openapi::constraints::{at_least_one, at_most_one, only_with};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    let mut router = OpenApiRouter::new()
        .merge(prompt_tests::router())
        .merge(providers::router())
        .merge(prompt_test_stream::router())
        .merge(statistics::router())
        .merge(comparisons::router())
        .merge(comparison_stream::router())
        .merge(datasets::router())
        .merge(evaluation_runs::router())
        .merge(evaluation_run_stream::router())
        .with_state(state);
    constrain(router.get_openapi_mut());
    router
}

/// States which fields of bodies need or exclude each other.
fn constrain(api: &mut OpenApi) {
    const SOURCES: [&str; 2] = ["promptId", "promptContent"];
    const VERSION_REFS: [&str; 2] = ["version", "label"];
    for body in ["CreatePromptTest", "CreateComparison", "CreateEvaluationRun"] {
        at_least_one(api, body, SOURCES);
    }
    for body in ["CreateComparison", "CreateEvaluationRun"] {
        at_most_one(api, body, SOURCES);
    }
    for body in ["CreatePromptTest", "CreateEvaluationRun"] {
        for field in VERSION_REFS {
            only_with(api, body, field, "promptId");
        }
    }
    for body in ["CreatePromptTest", "CreateEvaluationRun", "ComparisonTargetBody"] {
        at_most_one(api, body, VERSION_REFS);
    }
}
