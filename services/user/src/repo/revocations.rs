//! The table `revocations`: access tokens that must not be accepted any more.

use ids::SessionId;
use sqlx::{PgExecutor, query};

/// A revoked `sid`.
pub struct Revoked {
    pub sid: SessionId,
    /// The time at which the last access token that names it has expired, in seconds since 1970.
    pub expires_at: i64,
}

/// The result of reading the table.
pub struct Reading {
    pub revoked: Vec<Revoked>,
    /// The position at which the next reading begins.
    pub next: i64,
}

/// Reads the rows whose transactions were not over at the reading that returned `from`, and all newer
/// ones; some may have been read before. From 0 these are all rows.
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

/// Deletes some of the revocations that have expired, and returns their number.
pub async fn delete_expired(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    let deleted = query!(
        "delete from revocations where sid in (
             select sid from revocations where expires_at < now()
             order by expires_at limit $1 for update skip locked)",
        limit,
    )
    .execute(executor)
    .await?;
    Ok(deleted.rows_affected() as i64)
}
