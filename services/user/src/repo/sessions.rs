use std::time::Duration;

use ids::{SessionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

pub async fn insert(
    connection: &mut PgConnection,
    id: SessionId,
    user: UserId,
) -> sqlx::Result<()> {
    query!("insert into sessions (id, user_id) values ($1, $2)", id.0, user.0)
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

/// Keeps a token's session from being deleted until the transaction ends. Whoever means to write a
/// token locks its session first, as an account's deletion does: one order, no deadlock.
pub async fn keep(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<()> {
    query!(
        "select s.id from sessions s
         where s.id = (select session_id from refresh_tokens where token_hash = $1)
         for key share",
        hash,
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// Spends a token that is still good, and returns its session. One statement, so that of many
/// callers with one token exactly one succeeds.
pub async fn spend(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<Option<SessionId>> {
    query_scalar!(
        "update refresh_tokens t set spent_at = now()
         from sessions s
         where t.token_hash = $1 and t.spent_at is null and t.expires_at > now()
           and s.id = t.session_id and s.revoked_at is null
         returning t.session_id",
        hash,
    )
    .fetch_optional(connection)
    .await
}

/// Revokes the session of a token that was spent before. True if there was such a token.
pub async fn revoke_if_spent(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<bool> {
    let revoked = query!(
        "update sessions s set revoked_at = now()
         from refresh_tokens t
         where t.token_hash = $1 and t.spent_at is not null
           and s.id = t.session_id and s.revoked_at is null",
        hash,
    )
    .execute(connection)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Revokes the session that a token belongs to, if it is this user's.
pub async fn revoke(
    executor: impl PgExecutor<'_>,
    user: UserId,
    token_hash: &[u8],
) -> sqlx::Result<()> {
    query!(
        "update sessions s set revoked_at = now()
         from refresh_tokens t
         where t.token_hash = $1 and s.id = t.session_id and s.user_id = $2
           and s.revoked_at is null",
        token_hash,
        user.0,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Revokes every session of a user, but for one where it is given.
pub async fn revoke_all(
    executor: impl PgExecutor<'_>,
    user: UserId,
    except: Option<SessionId>,
) -> sqlx::Result<()> {
    query!(
        "update sessions set revoked_at = now()
         where user_id = $1 and revoked_at is null and id is distinct from $2",
        user.0,
        except.map(|session| session.0),
    )
    .execute(executor)
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
