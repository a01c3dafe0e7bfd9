//! Reading licences.

use auth::Identity;
use http_kit::{Page, PageQuery};
use ids::LicenseId;

use crate::{
    domain::{License, LicenseKey},
    error::ServiceError,
    repo::licenses,
    state::AppState,
};

/// Returns the licences that `holder` has or had, newest first.
pub async fn list_by_holder(
    state: &AppState,
    holder: &Identity,
    query: &PageQuery,
) -> Result<Page<License>, ServiceError> {
    let total = licenses::count_by_holder(&state.pool, holder.id);
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(licenses::list_by_holder(&state.pool, holder.id, slice).await?)
    };
    query.page(total, rows, |license| license.id).await
}

/// Returns a licence to its holder.
pub async fn find(
    state: &AppState,
    id: LicenseId,
    holder: &Identity,
) -> Result<License, ServiceError> {
    licenses::find(&state.pool, id, holder.id).await?.ok_or(ServiceError::LicenseNotFound)
}

/// Returns the licence with this key; `None` when there is none, or the key is mistyped.
pub async fn verify(state: &AppState, key: &str) -> Result<Option<License>, ServiceError> {
    match LicenseKey::parse(key) {
        Some(key) => Ok(licenses::find_by_key(&state.pool, &key).await?),
        None => Ok(None),
    }
}
