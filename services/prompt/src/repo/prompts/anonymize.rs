//! The prompts of a deleted user.

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool, query, query_as, query_scalar};

use crate::repo::anonymized_batch::AnonymizedBatch;

/// Returns some of an author's prompts that nobody else reads: private ones and drafts without an
/// entitlement.
pub async fn hidden_prompts(
    executor: impl PgExecutor<'_>,
    author: UserId,
    limit: i64,
) -> sqlx::Result<Vec<PromptId>> {
    query_scalar!(
        "select id from prompts p
         where user_id = $1 and (visibility = 'PRIVATE' or status = 'DRAFT')
           and not exists (
               select from prompt_entitlements e where e.prompt_id = p.id and e.user_id is not null)
         limit $2",
        author.0,
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Locks a prompt for its deletion. Returns the prompt that it was forked from, if any; `None` when others
/// can read it by now, or it is gone.
pub async fn lock_hidden(
    connection: &mut PgConnection,
    prompt: PromptId,
) -> sqlx::Result<Option<Option<PromptId>>> {
    let row = query!(
        r#"select forked_from_prompt_id as "forked_from: PromptId" from prompts p
           where id = $1 and (visibility = 'PRIVATE' or status = 'DRAFT')
             and not exists (
                 select from prompt_entitlements e
                 where e.prompt_id = p.id and e.user_id is not null)
           for update"#,
        prompt.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.forked_from))
}

/// Replaces the author's name on some of their prompts. Rows that another transaction has locked are skipped
/// and stay for the next batch: this never waits while it holds rows, and so is part of no deadlock.
pub async fn anonymize_some(
    pool: &PgPool,
    author: UserId,
    limit: i64,
) -> sqlx::Result<AnonymizedBatch> {
    query_as!(
        AnonymizedBatch,
        r#"with mine as (
               select id from prompts where user_id = $1 and username <> 'deleted-user'
               limit $2 for no key update skip locked),
           renamed as (
               update prompts p set username = 'deleted-user' from mine where p.id = mine.id
               returning p.id)
           select (select count(*) from renamed) as "renamed!",
                  exists (select from prompts
                          where user_id = $1 and username <> 'deleted-user') as "found!""#,
        author.0,
        limit,
    )
    .fetch_one(pool)
    .await
}
