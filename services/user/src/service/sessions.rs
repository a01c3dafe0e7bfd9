//! Signing in, staying signed in, signing out.

use std::{net::IpAddr, time::Duration};

use auth::Identity;
use ids::SessionId;
use sqlx::PgConnection;

use super::guesses::{self, Guess};
use crate::{
    domain::{Account, Device, Session},
    error::ServiceError,
    password::Verdict,
    refresh_token::{self, RefreshToken},
    repo::{sessions, users},
    state::AppState,
};

/// How long a spent refresh token is still good.
const GRACE: Duration = Duration::from_secs(10);

/// Sessions in a list: far more than anyone has devices, and some hundred KiB at most.
const LISTED: i64 = 500;

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
    device: &Device,
) -> Result<SignedIn, ServiceError> {
    let credentials = users::credentials_by_login(&state.pool, name).await?;
    let guess = Guess::at_sign_in(name, device.address);
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
    let signed_in = start(state, &mut tx, account, device).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// Exchanges a refresh token for new tokens; the old one is spent. Within [`GRACE`] it may be used
/// again: an answer can be lost, and two tabs can ask at once. Later use ends the whole session, since
/// someone else may hold a copy.
pub async fn refresh(
    state: &AppState,
    token: &str,
    device: &Device,
) -> Result<SignedIn, ServiceError> {
    let hash = refresh_token::hash(token);
    let mut tx = state.pool.begin().await?;
    let session =
        sessions::lock_by_token(&mut tx, &hash).await?.ok_or(ServiceError::InvalidRefreshToken)?;
    if !sessions::spend(&mut tx, &hash, GRACE).await? {
        if sessions::is_spent(&mut tx, &hash).await?
            && sessions::revoke(&mut *tx, session.user_id, session.id).await?
        {
            tx.commit().await?;
            state.revocations.wake();
            tracing::warn!("a spent refresh token was used again: its session is revoked");
        }
        return Err(ServiceError::InvalidRefreshToken);
    }
    let sid = sessions::touch(&mut tx, session.id, device).await?;
    let account = users::find_active(&mut tx, session.user_id)
        .await?
        .ok_or(ServiceError::InvalidRefreshToken)?;
    let signed_in = give_tokens(state, &mut tx, account, session.id, sid).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// Ends the session of a refresh token, if it is the caller's; good or spent, it may be any of it.
pub async fn logout(state: &AppState, caller: &Identity, token: &str) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    if let Some(session) = sessions::lock_by_token(&mut tx, &refresh_token::hash(token)).await? {
        sessions::revoke(&mut *tx, caller.id, session.id).await?;
    }
    tx.commit().await?;
    state.revocations.wake();
    Ok(())
}

/// The caller's sessions, the one used last first; of a great many, the first.
pub async fn list(state: &AppState, caller: &Identity) -> Result<Vec<Session>, ServiceError> {
    Ok(sessions::list(&state.pool, caller.id, refresh_token::LIFETIME, LISTED).await?)
}

/// Ends one of the caller's sessions.
pub async fn end(state: &AppState, caller: &Identity, id: SessionId) -> Result<(), ServiceError> {
    if !sessions::revoke(&state.pool, caller.id, id).await? {
        return Err(ServiceError::SessionNotFound);
    }
    state.revocations.wake();
    Ok(())
}

/// Ends all the caller's sessions.
pub async fn logout_all(state: &AppState, caller: &Identity) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    sessions::revoke_all(&mut tx, caller.id, None).await?;
    tx.commit().await?;
    state.revocations.wake();
    Ok(())
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
    sessions::revoke_all(&mut tx, caller.id, caller.session).await?;
    tx.commit().await?;
    state.revocations.wake();
    Ok(())
}

/// Starts a session, in its cause's transaction.
pub async fn start(
    state: &AppState,
    tx: &mut PgConnection,
    account: Account,
    device: &Device,
) -> Result<SignedIn, ServiceError> {
    let session = SessionId::new();
    sessions::insert(tx, session, account.id, device).await?;
    give_tokens(state, tx, account, session, session).await
}

/// Makes the tokens of a session that begins or goes on. They are signed before the transaction ends,
/// so what revokes the session afterwards comes after the access token was issued.
async fn give_tokens(
    state: &AppState,
    tx: &mut PgConnection,
    account: Account,
    session: SessionId,
    sid: SessionId,
) -> Result<SignedIn, ServiceError> {
    let refresh_token = RefreshToken::generate()?;
    sessions::add_token(tx, session, &refresh_token.hash(), refresh_token::LIFETIME).await?;
    let access_token = state
        .keys
        .signer()
        .sign(account.id, &account.username, &account.roles(), sid)
        .map_err(anyhow::Error::from)?;
    Ok(SignedIn { account, access_token, refresh_token: refresh_token.into_text() })
}
