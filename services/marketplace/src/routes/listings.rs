//! `/api/marketplace/listings`.

mod browse;
mod listing_response;
mod manage;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    browse::router().merge(manage::router())
}
