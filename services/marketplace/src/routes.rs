//! One file per endpoint group: what goes in and out, the handler, its description.

mod catalogue;
mod internal_users;
mod licensed_prompt;
mod licenses;
mod listings;
mod purchase;
mod refunds;
mod revenue;
mod transactions;
pub mod views;

use http_kit::{ApiResult, PageQuery};
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;

use crate::{repo::Slice, state::AppState};

pub fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(catalogue::router())
        .merge(listings::router())
        .merge(purchase::router())
        .merge(transactions::router())
        .merge(refunds::router())
        .merge(licenses::router())
        .merge(licensed_prompt::router())
        .merge(revenue::router())
        .merge(internal_users::router())
        .with_state(state)
}

/// The rows that a page takes.
fn slice<K: DeserializeOwned>(page: &PageQuery) -> ApiResult<Slice<K>> {
    Ok(Slice { after: page.cursor()?, limit: page.limit() + 1, offset: page.offset() })
}
