use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, types::Uuid};
use timestamp::Timestamp;

use crate::domain::PromptActivity;

/// Enters the authors of prompts; the earliest creation of a prompt is the one that counts. Notes who gained
/// a prompt, for what is closed of them; a trigger notes who lost it.
pub async fn insert(
    connection: &mut PgConnection,
    creations: &[&PromptActivity],
) -> sqlx::Result<()> {
    let prompts: Vec<PromptId> = creations.iter().map(|a| a.prompt_id).collect();
    let authors: Vec<Option<UserId>> = creations.iter().map(|a| a.user_id).collect();
    let times: Vec<Timestamp> = creations.iter().map(|a| a.event_time).collect();
    query!(
        "with created as (
             select distinct on (prompt_id) prompt_id, user_id, created_at
             from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
                  as c (prompt_id, user_id, created_at)
             where user_id is not null
             order by prompt_id, created_at, user_id
         ), written as (
             insert into prompt_authors as known (prompt_id, user_id, created_at)
             select prompt_id, user_id, created_at from created
             on conflict (prompt_id) do update
                 set user_id = excluded.user_id, created_at = excluded.created_at
                 where (excluded.created_at, excluded.user_id) < (known.created_at, known.user_id)
             returning prompt_id, user_id, created_at
         )
         insert into author_changes (user_id, prompt_id, visible_at)
         select user_id, prompt_id,
                case when created_at > now() then created_at else '-infinity' end from written",
        &prompts as &[PromptId],
        &authors as &[Option<UserId>],
        &times as &[Timestamp],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A prompt that a person wrote.
pub struct Written {
    pub prompt_id: PromptId,
    pub created_at: Timestamp,
}

/// Returns the prompts that a person wrote up to now.
pub async fn prompts_of(
    executor: impl PgExecutor<'_>,
    author: UserId,
) -> sqlx::Result<Vec<Written>> {
    query_as!(
        Written,
        r#"select prompt_id as "prompt_id: PromptId", created_at as "created_at: Timestamp"
           from prompt_authors where user_id = $1 and created_at <= now()"#,
        author as UserId,
    )
    .fetch_all(executor)
    .await
}

/// Returns the prompts of some persons, written up to now.
pub async fn prompts_of_authors(
    executor: impl PgExecutor<'_>,
    authors: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, PromptId)>> {
    let rows = query!(
        r#"select user_id, prompt_id as "prompt_id: PromptId"
           from prompt_authors where user_id = any($1) and created_at <= now()"#,
        authors,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.prompt_id)).collect())
}

/// Returns the authors of those of these prompts whose author is known.
pub async fn authors_of(
    executor: impl PgExecutor<'_>,
    prompts: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let rows =
        query!("select prompt_id, user_id from prompt_authors where prompt_id = any($1)", prompts,)
            .fetch_all(executor)
            .await?;
    Ok(rows.into_iter().map(|row| (row.prompt_id, row.user_id)).collect())
}
