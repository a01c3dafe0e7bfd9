//! Registering, reading, changing and deleting accounts.

use std::net::IpAddr;

use auth::{Identity, Role};
use events::{Envelope, UserRegistered, outbox};
use http_kit::{ApiResult, Page, PageQuery};
use ids::UserId;
use sqlx::PgConnection;

use super::{
    guesses::{self, Guess},
    sessions::{self, SignedIn},
    slice,
};
use crate::{
    domain::{Account, Changes, Credentials, Device, NewAccount, Origin, Profile, names::fold},
    error::ServiceError,
    password::Verdict,
    repo::{
        self, admins, deletions,
        search::{self, Sought},
        users,
    },
    state::AppState,
};

/// Creates an account and signs it in. The event leaves through the outbox.
pub async fn register(
    state: &AppState,
    new: NewAccount,
    password: String,
    device: &Device,
) -> Result<SignedIn, ServiceError> {
    let password_hash = state.hasher.turn().await?.hash(password).await?;
    let mut tx = state.pool.begin().await?;
    let account = create(&mut tx, &new, &password_hash, Origin::Registration).await?;
    let signed_in = sessions::start(state, &mut tx, account, device).await?;
    tx.commit().await?;
    state.outbox.notify_one();
    Ok(signed_in)
}

/// An account and the event that says so.
pub async fn create(
    tx: &mut PgConnection,
    new: &NewAccount,
    password_hash: &str,
    origin: Origin,
) -> Result<Account, ServiceError> {
    repo::names::lock_email(tx, &new.email).await?;
    let Some(account) = users::insert(tx, UserId::new(), new, password_hash, origin).await? else {
        return Err(repo::names::taken(tx, new).await?.into());
    };
    let event = Envelope::new(UserRegistered {
        user_id: account.id,
        username: account.username.clone(),
        registered_at: account.created_at,
    });
    outbox::write(tx, &event).await?;
    Ok(account)
}

/// The caller's own account.
pub async fn me(state: &AppState, caller: &Identity) -> Result<Account, ServiceError> {
    users::find(&state.pool, caller.id).await?.ok_or(ServiceError::UserNotFound)
}

/// Changes the caller's own account. Another email address takes the password: with it, whoever holds
/// an access token for a while could make the account theirs.
pub async fn update(
    state: &AppState,
    caller: &Identity,
    changes: &Changes,
    password: Option<String>,
    from: IpAddr,
) -> Result<Account, ServiceError> {
    let Some(email) = &changes.email else {
        let updated = users::update(&state.pool, caller.id, changes, None).await?;
        return updated.ok_or(ServiceError::UserNotFound);
    };
    let account = me(state, caller).await?;
    let checked = match fold(&account.email) == fold(email) {
        true => None,
        false => Some(check_password(state, caller, password, from).await?),
    };
    let mut tx = state.pool.begin().await?;
    repo::names::lock_email(&mut tx, email).await?;
    if repo::names::email_is_taken(&mut tx, email, caller.id).await? {
        return Err(ServiceError::EmailTaken);
    }
    let updated = users::update(&mut *tx, caller.id, changes, checked.as_ref()).await?;
    // Nothing is changed when the account was suspended, or its password or address changed, meanwhile.
    let account = updated.ok_or(WRONG_CURRENT_PASSWORD)?;
    tx.commit().await?;
    Ok(account)
}

const WRONG_CURRENT_PASSWORD: ServiceError =
    ServiceError::WrongPassword { field: "currentPassword" };

/// The caller's credentials, when the password is theirs.
async fn check_password(
    state: &AppState,
    caller: &Identity,
    password: Option<String>,
    from: IpAddr,
) -> Result<Credentials, ServiceError> {
    let password = password.ok_or(ServiceError::PasswordRequired { field: "currentPassword" })?;
    let credentials =
        users::credentials(&state.pool, caller.id).await?.ok_or(ServiceError::UserNotFound)?;
    let guess = Guess::of_own(caller.id, from);
    match guesses::check(state, &guess, Some(&credentials), password).await? {
        Verdict::Wrong => Err(WRONG_CURRENT_PASSWORD),
        Verdict::Correct { .. } => Ok(credentials),
    }
}

/// Deletes the caller's own account, and returns it as it was. That the other services are told is
/// a row of the same transaction.
pub async fn delete(
    state: &AppState,
    caller: &Identity,
    password: String,
    from: IpAddr,
) -> Result<Account, ServiceError> {
    const WRONG: ServiceError = ServiceError::WrongPassword { field: "password" };
    let credentials =
        users::credentials(&state.pool, caller.id).await?.ok_or(ServiceError::UserNotFound)?;
    let guess = Guess::of_own(caller.id, from);
    if guesses::check(state, &guess, Some(&credentials), password).await? == Verdict::Wrong {
        return Err(WRONG);
    }
    let mut tx = state.pool.begin().await?;
    // Also keeps two who follow each other from deleting each other's follows crosswise.
    admins::lock(&mut tx).await?;
    let account = users::lock(&mut tx, &credentials).await?.ok_or(WRONG)?;
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    repo::sessions::revoke_all(&mut tx, account.id, None).await?;
    users::delete(&mut tx, account.id).await?;
    if account.roles().contains(&Role::Admin) && !admins::remain(&mut tx).await? {
        return Err(ServiceError::LastAdmin);
    }
    deletions::insert(&mut tx, account.id).await?;
    tx.commit().await?;
    state.deletions.notify_one();
    state.revocations.wake();
    Ok(account)
}

/// The profile of anyone who is not suspended.
pub async fn profile(state: &AppState, id: UserId) -> Result<Profile, ServiceError> {
    users::profile(&state.pool, id).await?.ok_or(ServiceError::UserNotFound)
}

/// The same, by their username.
pub async fn profile_of(state: &AppState, username: &str) -> Result<Profile, ServiceError> {
    users::profile_by_username(&state.pool, username).await?.ok_or(ServiceError::UserNotFound)
}

/// Those of the accounts that exist, in no order.
pub async fn lookup(state: &AppState, ids: &[UserId]) -> Result<Vec<Profile>, ServiceError> {
    Ok(users::profiles(&state.pool, ids).await?)
}

/// People by parts of their names, those whose username fits best first.
pub async fn search(state: &AppState, text: &str, page: &PageQuery) -> ApiResult<Page<Profile>> {
    let sought = Sought::new(text);
    let slice = slice(page)?;
    let total = match page.cursor {
        Some(_) => None,
        None => Some(search::count(&state.pool, &sought).await.map_err(pg::api_error)?),
    };
    let hits = search::people(&state.pool, &sought, slice).await.map_err(pg::api_error)?;
    Ok(Page::new(page, hits, total, |hit| hit.position.clone()).map(|hit| hit.profile))
}
