//! Signing in, staying signed in, signing out.

use std::net::IpAddr;

use auth::Identity;
use ids::{SessionId, UserId};
use sqlx::PgConnection;

use super::guesses::{self, Guess};
use crate::{
    domain::Account,
    error::ServiceError,
    password::Verdict,
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

/// Signs in with an email address or a username.
///
/// The answer and its time are the same whether or not there is such an account. That an account is
/// suspended is told only to who knows its password.
pub async fn login(
    state: &AppState,
    name: &str,
    password: String,
    from: IpAddr,
) -> Result<SignedIn, ServiceError> {
    let credentials = users::credentials_by_login(&state.pool, name).await?;
    let guess = Guess::at_sign_in(name, from);
    let verdict = guesses::check(state, &guess, credentials.as_ref(), password).await?;
    let (Some(credentials), Verdict::Correct { renewed }) = (credentials, verdict) else {
        return Err(ServiceError::WrongCredentials);
    };
    let mut tx = state.pool.begin().await?;
    let account = users::record_login(&mut tx, &credentials, renewed.as_deref())
        .await?
        .ok_or(ServiceError::WrongCredentials)?;
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    let (session, refresh_token) = start(&mut tx, account.id).await?;
    tx.commit().await?;
    signed_in(state, account, session, refresh_token)
}

/// Exchanges a refresh token for new tokens; the old one is spent. Using a spent one again ends
/// the whole session, since someone else may hold a copy.
pub async fn refresh(state: &AppState, token: &str) -> Result<SignedIn, ServiceError> {
    let hash = refresh_token::hash(token);
    let mut tx = state.pool.begin().await?;
    sessions::keep(&mut tx, &hash).await?;
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

/// Ends the session of a refresh token, if it is the caller's; good or spent, it may be any of it.
pub async fn logout(state: &AppState, caller: &Identity, token: &str) -> Result<(), ServiceError> {
    Ok(sessions::revoke(&state.pool, caller.id, &refresh_token::hash(token)).await?)
}

/// Ends all the caller's sessions.
pub async fn logout_all(state: &AppState, caller: &Identity) -> Result<(), ServiceError> {
    Ok(sessions::revoke_all(&state.pool, caller.id, None).await?)
}

/// Changes the caller's password and ends their other sessions.
pub async fn change_password(
    state: &AppState,
    caller: &Identity,
    current: String,
    new: String,
    from: IpAddr,
) -> Result<(), ServiceError> {
    const WRONG: ServiceError = ServiceError::WrongPassword { field: "currentPassword" };
    let credentials =
        users::credentials(&state.pool, caller.id).await?.ok_or(ServiceError::UserNotFound)?;
    let guess = Guess::of_own(caller.id, from);
    if guesses::check(state, &guess, Some(&credentials), current).await? == Verdict::Wrong {
        return Err(WRONG);
    }
    let hash = state.hasher.turn().await?.hash(new).await?;
    let mut tx = state.pool.begin().await?;
    let account = users::set_password(&mut tx, &credentials, &hash).await?.ok_or(WRONG)?;
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    sessions::revoke_all(&mut *tx, caller.id, caller.session).await?;
    tx.commit().await?;
    Ok(())
}

/// Starts a session, in its cause's transaction.
pub async fn start(
    tx: &mut PgConnection,
    user: UserId,
) -> Result<(SessionId, String), ServiceError> {
    let session = SessionId::new();
    let token = RefreshToken::generate()?;
    sessions::insert(tx, session, user).await?;
    sessions::add_token(tx, session, &token.hash(), refresh_token::LIFETIME).await?;
    Ok((session, token.into_text()))
}

/// The tokens of a session that has begun or goes on.
pub fn signed_in(
    state: &AppState,
    account: Account,
    session: SessionId,
    refresh_token: String,
) -> Result<SignedIn, ServiceError> {
    let access_token = state
        .keys
        .signer()
        .sign(account.id, &account.username, &account.roles(), session)
        .map_err(anyhow::Error::from)?;
    Ok(SignedIn { account, access_token, refresh_token })
}
