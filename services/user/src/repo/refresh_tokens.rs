//! The table `refresh_tokens`.

use std::time::Duration;

use ids::SessionId;
use sqlx::{PgConnection, query, query_scalar};

pub async fn insert(
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

/// Spends a token of a session that has not ended. A token that was spent within `grace` may be spent
/// once more. Returns false when the token is not good.
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

/// Returns whether a token was spent.
pub async fn is_spent(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from refresh_tokens where token_hash = $1 and spent_at is not null) as "spent!""#,
        hash,
    )
    .fetch_one(connection)
    .await
}
