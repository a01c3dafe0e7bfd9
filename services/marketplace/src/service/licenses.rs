//! Reading licences.

use auth::Identity;
use ids::LicenseId;

use crate::{
    domain::{License, LicenseKey},
    error::ServiceError,
    repo::{
        licenses,
        page::{Rows, Slice},
    },
    state::AppState,
};

/// Returns the licences that `holder` has or had, newest first.
pub async fn list_by_holder(
    state: &AppState,
    holder: &Identity,
    slice: Slice<LicenseId>,
) -> Result<Rows<License>, ServiceError> {
    let rows = licenses::list_by_holder(&state.pool, holder.id, slice).await?;
    let total = match slice.after {
        Some(_) => None,
        None => Some(licenses::count_by_holder(&state.pool, holder.id).await?),
    };
    Ok(Rows { rows, total })
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
