//! The table `version_sweep`: how far the sweep of versions has come. One row for all instances.

use sqlx::{PgConnection, PgExecutor, query, query_as};

/// The right to sweep a batch.
pub struct Claim {
    /// This database's name in MongoDB.
    pub store: String,
    /// The id of the last document looked at; empty at the beginning of a pass.
    pub after_id: String,
}

/// Claims the next batch if it is due. If the claim does not end, the batch is due again after
/// `seconds`.
pub async fn claim(executor: impl PgExecutor<'_>, seconds: f64) -> sqlx::Result<Option<Claim>> {
    query_as!(
        Claim,
        r#"update version_sweep set due_at = now() + make_interval(secs => $1)
           where only_row = (select only_row from version_sweep
                             where due_at <= now() for update skip locked)
           returning store_id::text as "store!", after_id"#,
        seconds,
    )
    .fetch_optional(executor)
    .await
}

/// Locks out other sweeps and bulk loads until the transaction ends. Returns false when one of them
/// holds the lock.
pub async fn try_lock(connection: &mut PgConnection) -> sqlx::Result<bool> {
    // Most of the transaction's time goes to MongoDB.
    query!("select set_config('idle_in_transaction_session_timeout', '60s', true)")
        .fetch_one(&mut *connection)
        .await?;
    let row = query!("select only_row from version_sweep for update skip locked")
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Records how far the sweep has come. The next batch is due after `pause_seconds`.
pub async fn finish(
    connection: &mut PgConnection,
    after_id: &str,
    pause_seconds: f64,
) -> sqlx::Result<()> {
    query!(
        "update version_sweep set after_id = $1, due_at = now() + make_interval(secs => $2)",
        after_id,
        pause_seconds,
    )
    .execute(connection)
    .await?;
    Ok(())
}
