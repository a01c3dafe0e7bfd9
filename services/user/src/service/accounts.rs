//! Registering, reading, changing and deleting accounts.

use std::net::IpAddr;

use auth::{Identity, Role};
use events::{Envelope, UserRegistered, outbox};
use ids::UserId;
use sqlx::PgConnection;

use super::{
    passwords,
    sessions::{self, LoggedIn},
};
use crate::{
    domain::{Account, AccountChanges, AccountOrigin, ClientInfo, NewAccount, fold_name},
    error::ServiceError,
    repo::{
        self, account_deletions,
        users::{
            self, admins, credentials,
            taken_names::{self, TakenNames},
        },
    },
    state::AppState,
};

/// Registers a user and logs them in. The event leaves through the outbox.
pub async fn register(
    state: &AppState,
    new: NewAccount,
    password: String,
    client: &ClientInfo,
) -> Result<LoggedIn, ServiceError> {
    let password_hash = state.password_hasher.acquire().await?.hash(password).await?;
    let mut tx = state.pool.begin().await?;
    let account = create(&mut tx, &new, &password_hash, AccountOrigin::Registration).await?;
    let logged_in = sessions::start(state, &mut tx, account, client).await?;
    tx.commit().await?;
    state.outbox.notify_one();
    Ok(logged_in)
}

/// Creates an account, and the event that announces it.
pub async fn create(
    tx: &mut PgConnection,
    new: &NewAccount,
    password_hash: &str,
    origin: AccountOrigin,
) -> Result<Account, ServiceError> {
    taken_names::lock_email(tx, &new.email).await?;
    let Some(account) = users::insert(tx, UserId::new(), new, password_hash, origin).await? else {
        return Err(taken_error(&taken_names::find_taken_names(tx, new).await?));
    };
    let event = Envelope::new(UserRegistered {
        user_id: account.id,
        username: account.username.clone(),
        registered_at: account.created_at,
    });
    outbox::write(tx, &event).await?;
    Ok(account)
}

/// Returns the error for names that keep an account from being created. When neither is taken any
/// more, the account that had one was deleted in this moment: a new try helps.
fn taken_error(taken: &TakenNames) -> ServiceError {
    match (taken.username, taken.email) {
        (true, true) => ServiceError::UsernameAndEmailTaken,
        (false, true) => ServiceError::EmailTaken,
        (_, false) => ServiceError::UsernameTaken,
    }
}

/// Returns the caller's own account.
pub async fn get_own(state: &AppState, caller: &Identity) -> Result<Account, ServiceError> {
    users::find(&state.pool, caller.id).await?.ok_or(ServiceError::UserNotFound)
}

/// Changes the caller's own account. Another email address takes the password: without it, anyone who
/// holds an access token for a while could make the account theirs.
pub async fn update_own(
    state: &AppState,
    caller: &Identity,
    changes: &AccountChanges,
    password: Option<String>,
    address: IpAddr,
) -> Result<Account, ServiceError> {
    const FIELD: &str = "currentPassword";
    let Some(email) = &changes.email else {
        let updated = users::update(&state.pool, caller.id, changes, None).await?;
        state.answer_cache.forget_account(caller.id);
        return updated.ok_or(ServiceError::UserNotFound);
    };
    let account = get_own(state, caller).await?;
    let checked = match fold_name(&account.email) == fold_name(email) {
        true => None,
        false => {
            let password = password.ok_or(ServiceError::PasswordRequired { field: FIELD })?;
            Some(passwords::check_own(state, caller, password, FIELD, address).await?)
        }
    };
    let mut tx = state.pool.begin().await?;
    taken_names::lock_email(&mut tx, email).await?;
    if taken_names::is_email_taken(&mut tx, email, caller.id).await? {
        return Err(ServiceError::EmailTaken);
    }
    let updated = users::update(&mut *tx, caller.id, changes, checked.as_ref()).await?;
    // The update changes nothing when the account was suspended, or its password or address was
    // changed, meanwhile.
    let account = updated.ok_or(ServiceError::WrongPassword { field: FIELD })?;
    tx.commit().await?;
    state.answer_cache.forget_account(caller.id);
    Ok(account)
}

/// Deletes the caller's own account, and returns it as it was. The same transaction writes the row
/// that makes a job tell the other services.
pub async fn delete_own(
    state: &AppState,
    caller: &Identity,
    password: String,
    address: IpAddr,
) -> Result<Account, ServiceError> {
    const FIELD: &str = "password";
    let checked = passwords::check_own(state, caller, password, FIELD, address).await?;
    let mut tx = state.pool.begin().await?;
    // Also keeps two users who follow each other from deleting each other's follows crosswise.
    admins::lock_admins(&mut tx).await?;
    let account = credentials::lock_account(&mut tx, &checked)
        .await?
        .ok_or(ServiceError::WrongPassword { field: FIELD })?;
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    repo::sessions::revoke_all(&mut tx, account.id, None).await?;
    users::delete(&mut tx, account.id).await?;
    if account.roles().contains(&Role::Admin) && !admins::any_admin(&mut tx).await? {
        return Err(ServiceError::LastAdmin);
    }
    account_deletions::insert(&mut tx, account.id).await?;
    tx.commit().await?;
    state.answer_cache.forget_account(account.id);
    state.deletions.notify_one();
    state.revocation_feed.wake();
    Ok(account)
}
