//! Use cases; each owns its transaction.

use auth::Identity;
use events::{Envelope, UserRegistered, outbox};
use ids::{SessionId, UserId};
use sqlx::PgConnection;

use crate::{
    domain::{Account, NewAccount},
    error::ServiceError,
    refresh_token::{self, RefreshToken},
    repo::{sessions, users},
    state::AppState,
};

/// A signed-in account with its tokens.
pub struct SignedIn {
    pub account: Account,
    pub access_token: String,
    pub refresh_token: String,
}

/// Creates an account and signs it in. The event leaves through the outbox.
pub async fn register(state: &AppState, new: NewAccount) -> Result<SignedIn, ServiceError> {
    let password_hash = state.hasher.hash(new.password.clone()).await?;
    let mut tx = state.pool.begin().await?;
    let account = users::insert(&mut tx, UserId::new(), &new, &password_hash).await?;
    let event = Envelope::new(UserRegistered {
        user_id: account.id,
        username: account.username.clone(),
        registered_at: account.created_at,
    });
    outbox::write(&mut tx, &event).await?;
    let (session, refresh_token) = start_session(&mut tx, account.id).await?;
    tx.commit().await?;
    state.outbox.notify_one();
    signed_in(state, account, session, refresh_token)
}

/// Signs in with an email address or a username.
///
/// The answer and its time are the same whether or not there is such an account. That an account is
/// suspended is told only to who knows its password.
pub async fn login(
    state: &AppState,
    name: &str,
    password: String,
) -> Result<SignedIn, ServiceError> {
    let account = users::find_by_login(&state.pool, name).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let correct = state.hasher.verify(password, hash).await?;
    let Some(account) = account.filter(|_| correct) else {
        return Err(ServiceError::WrongCredentials);
    };
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    let mut tx = state.pool.begin().await?;
    let account = users::record_login(&mut tx, account.id).await?.ok_or(ServiceError::Suspended)?;
    let (session, refresh_token) = start_session(&mut tx, account.id).await?;
    tx.commit().await?;
    signed_in(state, account, session, refresh_token)
}

/// Exchanges a refresh token for new tokens; the old one is spent. Using a spent one again ends
/// the whole session, since someone else may hold a copy.
pub async fn refresh(state: &AppState, token: &str) -> Result<SignedIn, ServiceError> {
    let hash = refresh_token::hash(token);
    let mut tx = state.pool.begin().await?;
    let Some(session) = sessions::spend(&mut tx, &hash).await? else {
        if sessions::revoke_if_spent(&mut tx, &hash).await? {
            tx.commit().await?;
            tracing::warn!("a spent refresh token was used again: its session is revoked");
        }
        return Err(ServiceError::InvalidRefreshToken);
    };
    let account = users::find_active_by_session(&mut tx, session)
        .await?
        .ok_or(ServiceError::InvalidRefreshToken)?;
    let next = RefreshToken::generate()?;
    sessions::add_token(&mut tx, session, &next.hash(), refresh_token::LIFETIME).await?;
    tx.commit().await?;
    signed_in(state, account, session, next.into_text())
}

/// The caller's own account.
pub async fn me(state: &AppState, caller: &Identity) -> Result<Account, ServiceError> {
    find(state, caller.id).await
}

/// Anyone's account; what of it is public is the route's to choose.
pub async fn find(state: &AppState, id: UserId) -> Result<Account, ServiceError> {
    users::find(&state.pool, id).await?.ok_or(ServiceError::UserNotFound)
}

/// Those of the accounts that exist, in no order.
pub async fn lookup(state: &AppState, ids: &[UserId]) -> Result<Vec<Account>, ServiceError> {
    Ok(users::find_all(&state.pool, ids).await?)
}

async fn start_session(
    tx: &mut PgConnection,
    user: UserId,
) -> Result<(SessionId, String), ServiceError> {
    let session = SessionId::new();
    let token = RefreshToken::generate()?;
    sessions::insert(tx, session, user).await?;
    sessions::add_token(tx, session, &token.hash(), refresh_token::LIFETIME).await?;
    Ok((session, token.into_text()))
}

fn signed_in(
    state: &AppState,
    account: Account,
    session: SessionId,
    refresh_token: String,
) -> Result<SignedIn, ServiceError> {
    let access_token = state
        .signer
        .sign(account.id, &account.username, &account.roles(), session)
        .map_err(anyhow::Error::from)?;
    Ok(SignedIn { account, access_token, refresh_token })
}
