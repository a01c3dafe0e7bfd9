//! The table `prompt_labels`.

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

use crate::domain::Label;

/// Sets the version of a label, which leaves the version that had it. The prompt must be locked, so
/// that the version is known to exist.
pub async fn set(
    connection: &mut PgConnection,
    prompt: PromptId,
    label: &Label,
    version: i32,
) -> sqlx::Result<()> {
    query!(
        "insert into prompt_labels (prompt_id, label, version) values ($1, $2, $3)
         on conflict (prompt_id, label) do update set version = excluded.version",
        prompt.0,
        label.as_str(),
        version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the labels of a prompt besides this one.
pub async fn count_others(
    connection: &mut PgConnection,
    prompt: PromptId,
    label: &Label,
) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from prompt_labels where prompt_id = $1 and label <> $2"#,
        prompt.0,
        label.as_str(),
    )
    .fetch_one(connection)
    .await
}

/// Deletes a label of the author's own prompt. Returns false if there is none.
pub async fn delete(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    author: UserId,
    label: &Label,
) -> sqlx::Result<bool> {
    let deleted = query!(
        "delete from prompt_labels l using prompts p
         where p.id = l.prompt_id and l.prompt_id = $1 and p.user_id = $2 and l.label = $3",
        prompt.0,
        author.0,
        label.as_str(),
    )
    .execute(executor)
    .await?;
    Ok(deleted.rows_affected() > 0)
}
