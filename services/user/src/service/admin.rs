//! Changes of accounts by administrators.
//!
//! The caller is an administrator in the database at that moment, not only by their token, and cannot
//! suspend or demote themselves: so one administrator is always left.

use auth::{Identity, Role};
use http_kit::{Page, PageQuery};
use ids::UserId;
use sqlx::{Postgres, Transaction};

use crate::{
    domain::{Account, UserFilter},
    error::ServiceError,
    repo::{sessions, users::admins},
    state::AppState,
};

/// Lists accounts, newest first.
pub async fn list_users(
    state: &AppState,
    filter: &UserFilter,
    query: &PageQuery,
) -> Result<Page<Account>, ServiceError> {
    let total = admins::count(&state.pool, filter);
    let rows = async |slice| Ok(admins::list(&state.pool, filter, slice).await?);
    query.page(total, rows, |account| account.id).await
}

/// Sets the roles of an account. When they change, its access tokens are revoked, and its sessions
/// go on: their next tokens have the new roles.
pub async fn set_roles(
    state: &AppState,
    admin: &Identity,
    id: UserId,
    roles: &[Role],
) -> Result<Account, ServiceError> {
    let mut tx = begin(state, admin).await?;
    if id == admin.id && !roles.contains(&Role::Admin) {
        return Err(ServiceError::OwnAccount);
    }
    let before = admins::lock_roles(&mut tx, id).await?.ok_or(ServiceError::UserNotFound)?;
    let account = admins::set_roles(&mut tx, id, roles).await?.ok_or(ServiceError::UserNotFound)?;
    if account.roles != before {
        sessions::revoke_access_tokens(&mut tx, id).await?;
    }
    tx.commit().await?;
    state.revocation_feed.wake();
    tracing::info!(admin = %admin.id, user = %id, ?roles, "roles set");
    Ok(account)
}

/// Suspends an account and ends its sessions.
pub async fn suspend(
    state: &AppState,
    admin: &Identity,
    id: UserId,
) -> Result<Account, ServiceError> {
    let mut tx = begin(state, admin).await?;
    if id == admin.id {
        return Err(ServiceError::OwnAccount);
    }
    let account =
        admins::set_active(&mut tx, id, false).await?.ok_or(ServiceError::UserNotFound)?;
    sessions::revoke_all(&mut tx, id, None).await?;
    tx.commit().await?;
    state.answer_cache.forget_account(id);
    state.revocation_feed.wake();
    tracing::info!(admin = %admin.id, user = %id, "suspended");
    Ok(account)
}

/// Ends the suspension of an account.
pub async fn activate(
    state: &AppState,
    admin: &Identity,
    id: UserId,
) -> Result<Account, ServiceError> {
    let mut tx = begin(state, admin).await?;
    let account = admins::set_active(&mut tx, id, true).await?.ok_or(ServiceError::UserNotFound)?;
    tx.commit().await?;
    state.answer_cache.forget_account(id);
    tracing::info!(admin = %admin.id, user = %id, "activated");
    Ok(account)
}

/// Begins a transaction whose caller is an administrator until it ends.
async fn begin(
    state: &AppState,
    admin: &Identity,
) -> Result<Transaction<'static, Postgres>, ServiceError> {
    let mut tx = state.pool.begin().await?;
    admins::lock_admins(&mut tx).await?;
    match admins::is_admin(&mut tx, admin.id).await? {
        true => Ok(tx),
        false => Err(ServiceError::NotAdmin),
    }
}
