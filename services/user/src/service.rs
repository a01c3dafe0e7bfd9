//! Use cases; each owns its transaction.

pub mod accounts;
pub mod admin;
pub mod guesses;
pub mod sessions;
pub mod social;

use http_kit::{ApiResult, PageQuery};
use serde::de::DeserializeOwned;

use crate::repo::Slice;

/// The stretch of a list that a page shows, and one row more, which tells that there is more.
fn slice<K: DeserializeOwned>(page: &PageQuery) -> ApiResult<Slice<K>> {
    Ok(Slice { after: page.cursor()?, offset: page.offset(), limit: page.limit() + 1 })
}
