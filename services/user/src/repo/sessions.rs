use std::time::Duration;

use ids::{SessionId, UserId};
use sqlx::{PgConnection, query, query_scalar};

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
