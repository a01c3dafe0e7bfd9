//! Use cases; each owns its transaction.

pub mod accounts;
pub mod admin;
pub mod follows;
pub mod login_throttle;
pub mod password_hasher;
pub mod passwords;
pub mod profiles;
pub mod revocation_feed;
pub mod sessions;

use http_kit::{ApiResult, PageQuery};
use serde::de::DeserializeOwned;

use crate::repo::Slice;

/// Returns the part of a list that a page shows, and one row more, which tells that there is more.
fn slice<K: DeserializeOwned>(page: &PageQuery) -> ApiResult<Slice<K>> {
    Ok(Slice { after: page.cursor()?, offset: page.offset(), limit: page.limit() + 1 })
}
