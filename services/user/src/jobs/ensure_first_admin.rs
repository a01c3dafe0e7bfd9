//! Ensures at every start that the administrator whom settings name exists.

use std::sync::Arc;

use auth::Role;

use crate::{
    domain::{AccountOrigin, FirstAdmin, NewAccount},
    error::ServiceError,
    repo::{sessions, users::admins},
    service::accounts,
    state::AppState,
};

/// Promotes or creates the administrator. Of several instances that start at once one creates it,
/// since the email address is unique.
pub async fn ensure_first_admin(
    (state, admin): (AppState, Arc<FirstAdmin>),
) -> Result<(), ServiceError> {
    if promote(&state, &admin).await? {
        return Ok(());
    }
    let hash = state.password_hasher.acquire().await?.hash(admin.password.clone()).await?;
    for username in admin.usernames() {
        let new =
            NewAccount { username, email: admin.email.clone(), first_name: None, last_name: None };
        let mut tx = state.pool.begin().await?;
        match accounts::create(&mut tx, &new, &hash, AccountOrigin::Settings).await {
            Ok(account) => {
                tx.commit().await?;
                state.outbox.notify_one();
                tracing::info!(user = %account.id, username = account.username, "made the first administrator");
                return Ok(());
            }
            Err(ServiceError::UsernameTaken) => {}
            // Another instance, or a person, was faster.
            Err(ServiceError::EmailTaken | ServiceError::UsernameAndEmailTaken) => {
                drop(tx);
                promote(&state, &admin).await?;
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    Err(ServiceError::UsernameTaken)
}

/// Gives the role to the account with that email address, which keeps its password. An account that
/// may be a stranger's, since it was not made from settings and its address is not verified, stays
/// as it is. Returns false when there is no such account.
async fn promote(state: &AppState, admin: &FirstAdmin) -> Result<bool, ServiceError> {
    let mut tx = state.pool.begin().await?;
    let Some(account) = admins::lock_first_admin_candidate(&mut tx, &admin.email).await? else {
        return Ok(false);
    };
    if account.roles.iter().any(|role| *role == Role::Admin.to_string()) {
        return Ok(true);
    }
    if !account.is_trusted {
        tracing::error!(
            user = %account.id,
            "ADMIN_EMAIL is the address of an account that someone registered, and it is not \
             verified: that account is not made an administrator"
        );
        return Ok(true);
    }
    admins::set_roles(&mut tx, account.id, AccountOrigin::Settings.roles()).await?;
    sessions::revoke_access_tokens(&mut tx, account.id).await?;
    tx.commit().await?;
    state.revocation_feed.wake();
    tracing::info!(user = %account.id, "made the account of ADMIN_EMAIL an administrator");
    Ok(true)
}
