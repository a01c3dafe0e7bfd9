//! Where the sweep has come to, and what it asks of the prompts.

use ids::PromptId;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

/// The right to sweep for a while.
pub struct Turn {
    /// This database's name in MongoDB.
    pub store: String,
    /// The last document looked at; empty at the beginning of a round.
    pub after_id: String,
}

/// Takes the turn, if one is due. The next is then due in so many seconds, should this one not end.
pub async fn take_turn(executor: impl PgExecutor<'_>, seconds: f64) -> sqlx::Result<Option<Turn>> {
    query_as!(
        Turn,
        r#"update version_sweep set due_at = now() + make_interval(secs => $1)
           where only_row = (select only_row from version_sweep
                             where due_at <= now() for update skip locked)
           returning store_id::text as "store!", after_id"#,
        seconds,
    )
    .fetch_optional(executor)
    .await
}

/// Keeps out whoever else would sweep, and bulk loads, until the transaction ends; false when one of
/// them is there.
pub async fn hold(connection: &mut PgConnection) -> sqlx::Result<bool> {
    // Most of the time in it goes to MongoDB.
    query!("select set_config('idle_in_transaction_session_timeout', '60s', true)")
        .fetch_one(&mut *connection)
        .await?;
    let row = query!("select only_row from version_sweep for update skip locked")
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Notes how far the sweep has come, and how many seconds it rests.
pub async fn end_turn(
    connection: &mut PgConnection,
    after_id: &str,
    rest_seconds: f64,
) -> sqlx::Result<()> {
    query!(
        "update version_sweep set after_id = $1, due_at = now() + make_interval(secs => $2)",
        after_id,
        rest_seconds,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which of these prompts there are, each with its newest version.
pub async fn newest_versions(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
) -> sqlx::Result<Vec<(PromptId, i32)>> {
    let rows = query!(
        "select id, version from prompts where id = any($1::uuid[])",
        prompts as &[PromptId]
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}

/// A prompt's newest version, which stays that until the transaction ends.
pub async fn hold_newest_version(
    connection: &mut PgConnection,
    prompt: PromptId,
) -> sqlx::Result<Option<i32>> {
    query_scalar!("select version from prompts where id = $1 for no key update", prompt.0)
        .fetch_optional(connection)
        .await
}
