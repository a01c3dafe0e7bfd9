//! One file per endpoint group: request, response, handler, and its OpenAPI description.

mod comments;
mod etag;
mod forks;
mod internal;
mod labels;
mod likes;
mod prompt_lists;
mod prompt_requests;
mod prompt_response;
mod prompts;
mod ratings;
mod related_prompts;
mod render;
mod search;
mod stats;
mod suggestions;
mod tags_and_categories;
mod version_diff;
mod version_query;
mod versions;
mod viewer;

use http_kit::openapi::constraints;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    let mut router = OpenApiRouter::new()
        .merge(prompts::router())
        .merge(prompt_lists::router())
        .merge(search::router())
        .merge(suggestions::router())
        .merge(related_prompts::router())
        .merge(tags_and_categories::router())
        .merge(versions::router())
        .merge(version_diff::router())
        .merge(labels::router())
        .merge(render::router())
        .merge(forks::router())
        .merge(likes::router())
        .merge(stats::router())
        .merge(ratings::router())
        .merge(comments::router())
        .merge(internal::router())
        .with_state(state);
    for body in ["RenderPrompt", "ForkPrompt"] {
        constraints::at_most_one(router.get_openapi_mut(), body, ["version", "label"]);
    }
    router
}
