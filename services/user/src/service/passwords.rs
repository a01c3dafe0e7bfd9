//! Checking and changing one's own password.

use std::net::IpAddr;

use auth::Identity;

use super::{
    login_throttle::{self, ThrottleKeys},
    password_hasher::PasswordCheck,
};
use crate::{
    domain::Credentials,
    error::ServiceError,
    repo::{known_networks, sessions, users::credentials},
    state::AppState,
};

/// Checks the caller's own password, and returns their credentials. `field` is the field of the
/// request that holds it.
pub async fn check_own(
    state: &AppState,
    caller: &Identity,
    password: String,
    field: &'static str,
    address: IpAddr,
) -> Result<Credentials, ServiceError> {
    let credentials =
        credentials::find(&state.pool, caller.id).await?.ok_or(ServiceError::UserNotFound)?;
    let keys = ThrottleKeys::for_own_password(caller.id, address);
    match login_throttle::check_password(state, &keys, Some(&credentials), password).await? {
        PasswordCheck::Wrong => Err(ServiceError::WrongPassword { field }),
        PasswordCheck::Correct { .. } => Ok(credentials),
    }
}

/// Changes the caller's password, ends their other sessions, and forgets where else they signed in.
pub async fn change(
    state: &AppState,
    caller: &Identity,
    current: String,
    new: String,
    address: IpAddr,
) -> Result<(), ServiceError> {
    const FIELD: &str = "currentPassword";
    let credentials = check_own(state, caller, current, FIELD, address).await?;
    let hash = state.password_hasher.acquire().await?.hash(new).await?;
    let mut tx = state.pool.begin().await?;
    let account = credentials::set_password(&mut tx, &credentials, &hash)
        .await?
        .ok_or(ServiceError::WrongPassword { field: FIELD })?;
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    sessions::revoke_all(&mut tx, caller.id, caller.session).await?;
    // Someone who knew the old password may have signed in with it elsewhere.
    let network = login_throttle::network_hash(address);
    known_networks::delete_others(&mut *tx, caller.id, &network).await?;
    tx.commit().await?;
    state.revocation_feed.wake();
    Ok(())
}
