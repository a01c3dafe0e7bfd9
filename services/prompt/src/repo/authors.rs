//! What there is by one person, for when their account goes.

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool, query, query_as, query_scalar};

/// Shown in the place of a username that is gone. The statements below and their indexes say the
/// same.
pub const DELETED_USER: &str = "deleted-user";

/// Some of an author's prompts that nobody else reads: private ones and drafts, unless somebody has
/// bought them.
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

/// Locks a prompt to delete it, unless it has become visible to others meanwhile; `None` then, and
/// when it is gone. Says what it was forked from.
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

/// What came of one batch.
pub struct Batch {
    /// Whether any were left before it.
    pub found: bool,
    pub renamed: i64,
}

/// Takes the author's name off some of what they wrote: prompts, then comments, then ratings.
///
/// Rows that someone else has locked are passed over: this never waits with rows in its hand, and so
/// is part of no deadlock. They stay for the next batch.
pub async fn rename_some(pool: &PgPool, author: UserId, limit: i64) -> sqlx::Result<Batch> {
    let mut batch = rename_prompts(pool, author, limit).await?;
    if !batch.found {
        batch = rename_comments(pool, author, limit).await?;
    }
    if !batch.found {
        batch = rename_ratings(pool, author, limit).await?;
    }
    Ok(batch)
}

async fn rename_prompts(pool: &PgPool, author: UserId, limit: i64) -> sqlx::Result<Batch> {
    query_as!(
        Batch,
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

async fn rename_comments(pool: &PgPool, author: UserId, limit: i64) -> sqlx::Result<Batch> {
    query_as!(
        Batch,
        r#"with mine as (
               select id from prompt_comments where user_id = $1 and username <> 'deleted-user'
               limit $2 for no key update skip locked),
           renamed as (
               update prompt_comments c set username = 'deleted-user' from mine where c.id = mine.id
               returning c.id)
           select (select count(*) from renamed) as "renamed!",
                  exists (select from prompt_comments
                          where user_id = $1 and username <> 'deleted-user') as "found!""#,
        author.0,
        limit,
    )
    .fetch_one(pool)
    .await
}

async fn rename_ratings(pool: &PgPool, author: UserId, limit: i64) -> sqlx::Result<Batch> {
    query_as!(
        Batch,
        r#"with mine as (
               select prompt_id from prompt_ratings
               where user_id = $1 and username <> 'deleted-user'
               limit $2 for no key update skip locked),
           renamed as (
               update prompt_ratings r set username = 'deleted-user' from mine
               where r.prompt_id = mine.prompt_id and r.user_id = $1
               returning r.prompt_id)
           select (select count(*) from renamed) as "renamed!",
                  exists (select from prompt_ratings
                          where user_id = $1 and username <> 'deleted-user') as "found!""#,
        author.0,
        limit,
    )
    .fetch_one(pool)
    .await
}
