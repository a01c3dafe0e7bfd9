//! Logging in, refreshing tokens, logging out.

use std::time::Duration;

use auth::Identity;
use ids::SessionId;
use sqlx::PgConnection;

use super::{
    login_throttle::{self, ThrottleKeys},
    password_hasher::PasswordCheck,
};
use crate::{
    domain::{Account, ClientInfo, RefreshToken, Session, hash_refresh_token},
    error::ServiceError,
    repo::{
        known_networks, refresh_tokens, sessions,
        users::{self, credentials},
    },
    state::AppState,
};

/// The time for which a spent refresh token is still good.
const GRACE: Duration = Duration::from_secs(10);

/// The most sessions in a list: far more than anyone has devices, and some hundred KiB at most.
const LIST_LIMIT: i64 = 500;

/// A logged-in account with its tokens.
pub struct LoggedIn {
    pub account: Account,
    pub access_token: String,
    pub refresh_token: String,
}

/// Logs in with an email address or a username.
///
/// The answer and its time are the same whether or not there is such an account. Only someone who
/// knows the password learns that the account is suspended.
pub async fn log_in(
    state: &AppState,
    name: &str,
    password: String,
    client: &ClientInfo,
) -> Result<LoggedIn, ServiceError> {
    let credentials = credentials::find_by_name(&state.pool, name).await?;
    let keys = ThrottleKeys::for_login(name, client.address);
    let check =
        login_throttle::check_password(state, &keys, credentials.as_ref(), password).await?;
    let (Some(credentials), PasswordCheck::Correct { renewed_hash }) = (credentials, check) else {
        return Err(ServiceError::WrongCredentials);
    };
    let mut tx = state.pool.begin().await?;
    let account = credentials::record_login(&mut tx, &credentials, renewed_hash.as_deref())
        .await?
        .ok_or(ServiceError::WrongCredentials)?;
    if !account.active {
        return Err(ServiceError::Suspended);
    }
    let logged_in = start(state, &mut tx, account, client).await?;
    tx.commit().await?;
    Ok(logged_in)
}

/// Exchanges a refresh token for new tokens; the old one is spent. Within [`GRACE`] it may be used
/// again: an answer can be lost, and two tabs can ask at once. Later use ends the whole session,
/// since someone else may hold a copy.
pub async fn refresh(
    state: &AppState,
    token: &str,
    client: &ClientInfo,
) -> Result<LoggedIn, ServiceError> {
    let hash = hash_refresh_token(token);
    let mut tx = state.pool.begin().await?;
    let session = sessions::lock_by_refresh_token(&mut tx, &hash)
        .await?
        .ok_or(ServiceError::InvalidRefreshToken)?;
    if !refresh_tokens::spend(&mut tx, &hash, GRACE).await? {
        if refresh_tokens::is_spent(&mut tx, &hash).await?
            && sessions::revoke(&mut *tx, session.user_id, session.id).await?
        {
            tx.commit().await?;
            state.revocation_feed.wake();
            tracing::warn!("a spent refresh token was used again: its session is revoked");
        }
        return Err(ServiceError::InvalidRefreshToken);
    }
    let sid = sessions::record_use(&mut tx, session.id, client).await?;
    let account = users::find_active(&mut tx, session.user_id)
        .await?
        .ok_or(ServiceError::InvalidRefreshToken)?;
    let logged_in = issue_tokens(state, &mut tx, account, session.id, sid).await?;
    tx.commit().await?;
    Ok(logged_in)
}

/// Ends the session of a refresh token, good or spent, if it is the caller's.
pub async fn log_out(state: &AppState, caller: &Identity, token: &str) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    if let Some(session) =
        sessions::lock_by_refresh_token(&mut tx, &hash_refresh_token(token)).await?
    {
        sessions::revoke(&mut *tx, caller.id, session.id).await?;
    }
    tx.commit().await?;
    state.revocation_feed.wake();
    Ok(())
}

/// Lists the caller's sessions, the one used last first, at most [`LIST_LIMIT`].
pub async fn list(state: &AppState, caller: &Identity) -> Result<Vec<Session>, ServiceError> {
    Ok(sessions::list(&state.pool, caller.id, RefreshToken::LIFETIME, LIST_LIMIT).await?)
}

/// Ends one of the caller's sessions.
pub async fn revoke(
    state: &AppState,
    caller: &Identity,
    id: SessionId,
) -> Result<(), ServiceError> {
    if !sessions::revoke(&state.pool, caller.id, id).await? {
        return Err(ServiceError::SessionNotFound);
    }
    state.revocation_feed.wake();
    Ok(())
}

/// Ends all the caller's sessions.
pub async fn log_out_everywhere(state: &AppState, caller: &Identity) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    sessions::revoke_all(&mut tx, caller.id, None).await?;
    tx.commit().await?;
    state.revocation_feed.wake();
    Ok(())
}

/// Starts a session, in the transaction that logs the account in. From now on its network is one where
/// the account has signed in before.
pub async fn start(
    state: &AppState,
    tx: &mut PgConnection,
    account: Account,
    client: &ClientInfo,
) -> Result<LoggedIn, ServiceError> {
    let session = SessionId::new();
    sessions::insert(tx, session, account.id, client).await?;
    let network = login_throttle::network_hash(client.address);
    known_networks::upsert(&mut *tx, account.id, &network).await?;
    issue_tokens(state, tx, account, session, session).await
}

/// Issues the tokens of a session that begins or goes on. They are signed before the transaction
/// ends, so a revocation that waits for it comes after the access token was issued.
async fn issue_tokens(
    state: &AppState,
    tx: &mut PgConnection,
    account: Account,
    session: SessionId,
    sid: SessionId,
) -> Result<LoggedIn, ServiceError> {
    let refresh_token = RefreshToken::generate()?;
    refresh_tokens::insert(tx, session, &refresh_token.hash(), RefreshToken::LIFETIME).await?;
    let access_token = state
        .keys
        .signer()
        .sign(account.id, &account.username, &account.roles(), sid)
        .map_err(anyhow::Error::from)?;
    Ok(LoggedIn { account, access_token, refresh_token: refresh_token.into_text() })
}
