//! The table `sessions`.
//!
//! Rows are locked in one order everywhere: account, session, token. Each statement that ends a
//! session also revokes its access tokens.

use std::time::Duration;

use ids::{SessionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::{ClientInfo, Session};

/// The seconds after the last use of a session at which its access tokens have expired; revocations
/// are kept for as long.
const ACCESS_TOKEN_SECONDS: f64 = auth::token::LAST_EXPIRY.as_secs_f64();

pub async fn insert(
    connection: &mut PgConnection,
    id: SessionId,
    user: UserId,
    client: &ClientInfo,
) -> sqlx::Result<()> {
    query!(
        "insert into sessions (id, user_id, address, user_agent) values ($1, $2, $3, $4)",
        id.0,
        user.0,
        client.address.to_string(),
        client.user_agent,
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

/// Finds the session of a refresh token, good or spent, and locks it until the transaction ends: a
/// change that ends it, or that sets its account's roles, comes before or after.
pub async fn lock_by_refresh_token(
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

/// Records that a session issues tokens now, and returns the `sid` that they name.
pub async fn record_use(
    connection: &mut PgConnection,
    id: SessionId,
    client: &ClientInfo,
) -> sqlx::Result<SessionId> {
    query_scalar!(
        r#"update sessions set last_used_at = clock_timestamp(), address = $2, user_agent = $3
           where id = $1
           returning coalesce(sid, id) as "sid!: SessionId""#,
        id.0,
        client.address.to_string(),
        client.user_agent,
    )
    .fetch_one(connection)
    .await
}

/// Lists a user's sessions that have not ended, the one used last first.
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

/// Ends a session of a user, and revokes its access tokens. Returns false when the user has no such
/// session, or it has ended.
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
        ACCESS_TOKEN_SECONDS,
    )
    .fetch_one(executor)
    .await
}

/// Ends every session of a user, except the one whose access tokens name `except`, and revokes their
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
        ACCESS_TOKEN_SECONDS,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes the access tokens of a user's sessions, which do not end: their next tokens name another
/// `sid`.
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
        ACCESS_TOKEN_SECONDS,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes some of the refresh tokens that have expired, and the sessions that have no other, and
/// returns the number of tokens. Tokens that expired in the last hour stay: a refresh in progress may
/// still have found one of them good.
pub async fn delete_expired(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    query_scalar!(
        r#"with expired as (
               select token_hash, session_id from refresh_tokens
               where expires_at < now() - interval '1 hour'
               order by expires_at limit $1),
           -- Session before token, as everywhere.
           held as (
               select id from sessions where id in (select session_id from expired)
               for update skip locked),
           deleted as (
               delete from refresh_tokens t using expired e
               where t.token_hash = e.token_hash and e.session_id in (select id from held)
               returning t.token_hash),
           ended as (
               delete from sessions s using held h
               where s.id = h.id and not exists (
                   select from refresh_tokens t
                   where t.session_id = s.id and t.expires_at >= now() - interval '1 hour'))
           select count(*) as "deleted!" from deleted"#,
        limit,
    )
    .fetch_one(executor)
    .await
}
