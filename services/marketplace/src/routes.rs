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

use http_kit::{ApiResult, PageQuery};
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;

use crate::{repo::page::Slice, state::AppState};

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

/// Returns the rows that a page takes.
fn slice<K: DeserializeOwned>(page: &PageQuery) -> ApiResult<Slice<K>> {
    Ok(Slice { after: page.cursor()?, limit: page.limit() + 1, offset: page.offset() })
}
