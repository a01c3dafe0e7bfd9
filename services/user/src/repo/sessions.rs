//! Sessions and their refresh tokens.
//!
//! Rows are locked in one order everywhere: account, session, token. What ends a session also revokes
//! its access tokens, in the same statement.

use std::time::Duration;

use ids::{SessionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::{Device, Session};

/// An access token lives for no longer than this after its session was last used; revocations are kept
/// for as long.
const ACCESS_TOKEN: f64 = auth::token::LAST_EXPIRY.as_secs_f64();

pub async fn insert(
    connection: &mut PgConnection,
    id: SessionId,
    user: UserId,
    device: &Device,
) -> sqlx::Result<()> {
    query!(
        "insert into sessions (id, user_id, address, user_agent) values ($1, $2, $3, $4)",
        id.0,
        user.0,
        device.address.to_string(),
        device.user_agent,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn add_token(
    connection: &mut PgConnection,
    session: SessionId,
    hash: &[u8],
    lifetime: Duration,
) -> sqlx::Result<()> {
    query!(
        "insert into refresh_tokens (token_hash, session_id, expires_at)
         values ($1, $2, now() + make_interval(secs => $3))",
        hash,
        session.0,
        lifetime.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The session of a refresh token.
pub struct TokenSession {
    pub id: SessionId,
    pub user_id: UserId,
}

/// Finds the session of a refresh token, good or spent, and locks it until the transaction ends: what
/// would end it, or change its account's roles, comes before or after.
pub async fn lock_by_token(
    connection: &mut PgConnection,
    hash: &[u8],
) -> sqlx::Result<Option<TokenSession>> {
    query_as!(
        TokenSession,
        "select id, user_id from sessions
         where id = (select session_id from refresh_tokens where token_hash = $1)
         for no key update",
        hash,
    )
    .fetch_optional(connection)
    .await
}

/// Spends a token of a session that goes on. One that was spent within `grace` may be spent once more.
/// False when it is not good.
pub async fn spend(
    connection: &mut PgConnection,
    hash: &[u8],
    grace: Duration,
) -> sqlx::Result<bool> {
    let spent = query!(
        "update refresh_tokens t set spent_at = coalesce(t.spent_at, clock_timestamp())
         from sessions s
         where t.token_hash = $1 and t.expires_at > now()
           and (t.spent_at is null or t.spent_at > clock_timestamp() - make_interval(secs => $2))
           and s.id = t.session_id and s.revoked_at is null",
        hash,
        grace.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(spent.rows_affected() > 0)
}

/// Whether a token was spent.
pub async fn is_spent(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from refresh_tokens where token_hash = $1 and spent_at is not null) as "spent!""#,
        hash,
    )
    .fetch_one(connection)
    .await
}

/// Notes that a session gives out tokens now, and returns the `sid` that they name.
pub async fn touch(
    connection: &mut PgConnection,
    id: SessionId,
    device: &Device,
) -> sqlx::Result<SessionId> {
    query_scalar!(
        r#"update sessions set last_used_at = clock_timestamp(), address = $2, user_agent = $3
           where id = $1
           returning coalesce(sid, id) as "sid!: SessionId""#,
        id.0,
        device.address.to_string(),
        device.user_agent,
    )
    .fetch_one(connection)
    .await
}

/// The sessions of a user that go on, the one used last first.
pub async fn list(
    executor: impl PgExecutor<'_>,
    user: UserId,
    lifetime: Duration,
    limit: i64,
) -> sqlx::Result<Vec<Session>> {
    query_as!(
        Session,
        r#"select id, coalesce(sid, id) as "sid!: SessionId", created_at, last_used_at, address,
                  user_agent
           from sessions
           where user_id = $1 and revoked_at is null
             and last_used_at > now() - make_interval(secs => $2)
           order by last_used_at desc, id desc limit $3"#,
        user.0,
        lifetime.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Ends a session of a user, and revokes its access tokens. False when they have no such session that
/// goes on.
pub async fn revoke(
    executor: impl PgExecutor<'_>,
    user: UserId,
    id: SessionId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"with ended as (
               update sessions set revoked_at = now()
               where id = $1 and user_id = $2 and revoked_at is null
               returning coalesce(sid, id) as sid, last_used_at),
           revoked as (
               insert into revocations (sid, expires_at)
               select sid, clock_timestamp() + make_interval(secs => $3) from ended
               where last_used_at > clock_timestamp() - make_interval(secs => $3)
               on conflict do nothing)
           select exists (select from ended) as "ended!""#,
        id.0,
        user.0,
        ACCESS_TOKEN,
    )
    .fetch_one(executor)
    .await
}

/// Ends every session of a user, but for the one whose access tokens name `except`, and revokes their
/// access tokens.
pub async fn revoke_all(
    connection: &mut PgConnection,
    user: UserId,
    except: Option<SessionId>,
) -> sqlx::Result<()> {
    query!(
        "with held as (
             select id from sessions
             where user_id = $1 and revoked_at is null and coalesce(sid, id) is distinct from $2
             order by id for no key update),
         ended as (
             update sessions s set revoked_at = now() from held where s.id = held.id
             returning coalesce(s.sid, s.id) as sid, s.last_used_at)
         insert into revocations (sid, expires_at)
         select sid, clock_timestamp() + make_interval(secs => $3) from ended
         where last_used_at > clock_timestamp() - make_interval(secs => $3)
         on conflict do nothing",
        user.0,
        except.map(|session| session.0),
        ACCESS_TOKEN,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes the access tokens of a user's sessions, which go on: their next tokens name another `sid`.
pub async fn revoke_access_tokens(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    let held: Vec<SessionId> = query_scalar!(
        "select id from sessions where user_id = $1 and revoked_at is null
         order by id for no key update",
        user.0,
    )
    .fetch_all(&mut *connection)
    .await?;
    let new: Vec<SessionId> = held.iter().map(|_| SessionId::new()).collect();
    query!(
        "with old as (
             select id, coalesce(sid, id) as sid, last_used_at from sessions where id = any ($1)),
         renamed as (
             update sessions s set sid = new.sid
             from unnest($1::uuid[], $2::uuid[]) as new (id, sid) where s.id = new.id)
         insert into revocations (sid, expires_at)
         select sid, clock_timestamp() + make_interval(secs => $3) from old
         where last_used_at > clock_timestamp() - make_interval(secs => $3)
         on conflict do nothing",
        &held as &[SessionId],
        &new as &[SessionId],
        ACCESS_TOKEN,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes some of the tokens that expired, and the sessions that have no other, and returns how
/// many tokens. Those of the last hour stay: one that was good when a refresh in progress found it
/// is not among them.
pub async fn sweep(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    query_scalar!(
        r#"with expired as (
               select token_hash, session_id from refresh_tokens
               where expires_at < now() - interval '1 hour'
               order by expires_at limit $1),
           -- Session before token, as everywhere.
           held as (
               select id from sessions where id in (select session_id from expired)
               for update skip locked),
           gone as (
               delete from refresh_tokens t using expired e
               where t.token_hash = e.token_hash and e.session_id in (select id from held)
               returning t.token_hash),
           ended as (
               delete from sessions s using held h
               where s.id = h.id and not exists (
                   select from refresh_tokens t
                   where t.session_id = s.id and t.expires_at >= now() - interval '1 hour'))
           select count(*) as "gone!" from gone"#,
        limit,
    )
    .fetch_one(executor)
    .await
}
