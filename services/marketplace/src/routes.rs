//! One file per endpoint group: requests, responses, handlers, and their OpenAPI description.

mod internal_users;
mod license_response;
mod licensed_prompt;
mod licenses;
mod listings;
mod purchases;
mod refunds;
mod revenue;
mod transaction_response;
mod transactions;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub use transaction_response::write_purchase;

/// Returns all endpoints.
pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(listings::router())
        .merge(purchases::router())
        .merge(transactions::router())
        .merge(refunds::router())
        .merge(licenses::router())
        .merge(licensed_prompt::router())
        .merge(revenue::router())
        .merge(internal_users::router())
        .with_state(state)
}
