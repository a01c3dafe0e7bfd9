use ids::{PromptId, UserId};
use sqlx::{PgExecutor, query, query_scalar};

/// Likes a prompt; false if the caller liked it already. The row and the counter move in one
/// statement, and the counter only by what the row did. The prompt is locked first, as everywhere.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    user: UserId,
) -> sqlx::Result<bool> {
    let changed = query!(
        "with prompt as (
             select id from prompts where id = $1 for key share),
         added as (
             insert into prompt_likes (prompt_id, user_id) select id, $2 from prompt
             on conflict do nothing returning prompt_id)
         update prompt_counters c set likes_count = likes_count + 1
         from added where c.prompt_id = added.prompt_id",
        prompt.0,
        user.0,
    )
    .execute(executor)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Takes a like back; false if there was none.
pub async fn delete(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    user: UserId,
) -> sqlx::Result<bool> {
    let changed = query!(
        "with prompt as (
             select id from prompts where id = $1 for key share),
         removed as (
             delete from prompt_likes l using prompt
             where l.prompt_id = prompt.id and l.user_id = $2 returning l.prompt_id)
         update prompt_counters c set likes_count = likes_count - 1
         from removed where c.prompt_id = removed.prompt_id",
        prompt.0,
        user.0,
    )
    .execute(executor)
    .await?;
    Ok(changed.rows_affected() > 0)
}

pub async fn exists(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    user: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from prompt_likes where prompt_id = $1 and user_id = $2) as "liked!""#,
        prompt.0,
        user.0,
    )
    .fetch_one(executor)
    .await
}
