//! Access tokens that must not be accepted any more.

use ids::SessionId;
use sqlx::{PgExecutor, query};

/// A revoked `sid`.
pub struct Revoked {
    pub sid: SessionId,
    /// When the last access token that names it has expired, in seconds since 1970.
    pub expires_at: i64,
}

/// What a reading of the table found.
pub struct Reading {
    pub revoked: Vec<Revoked>,
    /// Where the next reading begins.
    pub next: i64,
}

/// The rows whose transactions were not over at the reading that gave `from`, and all that are newer;
/// some may have been read before. From 0 these are all rows.
pub async fn read(executor: impl PgExecutor<'_>, from: i64) -> sqlx::Result<Reading> {
    let rows = query!(
        r#"select oldest.open as "open!", r.sid as "sid?: SessionId",
                  ceil(extract(epoch from r.expires_at))::bigint as "expires_at?"
           from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as open) oldest
                left join revocations r on r.written_by >= $1 and r.expires_at > now()
           order by r.expires_at"#,
        from,
    )
    .fetch_all(executor)
    .await?;
    let next = rows.first().map_or(from, |row| row.open);
    let revoked = rows
        .into_iter()
        .filter_map(|row| Some(Revoked { sid: row.sid?, expires_at: row.expires_at? }))
        .collect();
    Ok(Reading { revoked, next })
}

/// Removes some of those that have expired, and returns how many.
pub async fn sweep(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    let gone = query!(
        "delete from revocations where sid in (
             select sid from revocations where expires_at < now()
             order by expires_at limit $1 for update skip locked)",
        limit,
    )
    .execute(executor)
    .await?;
    Ok(gone.rows_affected() as i64)
}
