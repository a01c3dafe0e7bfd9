use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_scalar};
use timestamp::Timestamp;

use crate::domain::PromptActivity;

/// Enters the authors of prompts; the earliest creation of a prompt is the one that counts.
pub async fn insert(
    connection: &mut PgConnection,
    creations: &[&PromptActivity],
) -> sqlx::Result<()> {
    let prompts: Vec<PromptId> = creations.iter().map(|a| a.prompt_id).collect();
    let authors: Vec<Option<UserId>> = creations.iter().map(|a| a.user_id).collect();
    let times: Vec<Timestamp> = creations.iter().map(|a| a.event_time).collect();
    query!(
        "insert into prompt_authors as known (prompt_id, user_id, created_at)
         select distinct on (prompt_id) prompt_id, user_id, created_at
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as c (prompt_id, user_id, created_at)
         where user_id is not null
         order by prompt_id, created_at, user_id
         on conflict (prompt_id) do update
             set user_id = excluded.user_id, created_at = excluded.created_at
             where (excluded.created_at, excluded.user_id) < (known.created_at, known.user_id)",
        &prompts as &[PromptId],
        &authors as &[Option<UserId>],
        &times as &[Timestamp],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the prompts that a person wrote before a time, and before now.
pub async fn prompts_of(
    executor: impl PgExecutor<'_>,
    author: UserId,
    before: Timestamp,
) -> sqlx::Result<Vec<PromptId>> {
    query_scalar!(
        r#"select prompt_id as "prompt_id: PromptId" from prompt_authors
           where user_id = $1 and created_at < $2 and created_at <= now()"#,
        author as UserId,
        before as Timestamp,
    )
    .fetch_all(executor)
    .await
}
