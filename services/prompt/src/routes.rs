//! One file per endpoint group: what goes in and out, the handler, its description.

mod comments;
mod internal;
mod likes;
mod lists;
mod prompt;
mod prompts;
mod ratings;
mod version_query;
mod versions;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(prompts::router())
        .merge(lists::router())
        .merge(versions::router())
        .merge(likes::router())
        .merge(ratings::router())
        .merge(comments::router())
        .merge(internal::router())
        .with_state(state)
}
