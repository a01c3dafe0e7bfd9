//! One file per endpoint group: what goes in and out, the handler, its description.

mod catalog;
mod comments;
mod diff;
mod etag;
mod forks;
mod internal;
mod labels;
mod likes;
mod lists;
mod prompt;
mod prompts;
mod ratings;
mod render;
mod search;
mod version_query;
mod versions;
mod visitor;

use http_kit::openapi::constraints;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    let mut router = OpenApiRouter::new()
        .merge(prompts::router())
        .merge(lists::router())
        .merge(search::router())
        .merge(catalog::router())
        .merge(versions::router())
        .merge(diff::router())
        .merge(labels::router())
        .merge(render::router())
        .merge(forks::router())
        .merge(likes::router())
        .merge(ratings::router())
        .merge(comments::router())
        .merge(internal::router())
        .with_state(state);
    for body in ["RenderPrompt", "ForkPrompt"] {
        constraints::at_most_one(router.get_openapi_mut(), body, ["version", "label"]);
    }
    router
}
