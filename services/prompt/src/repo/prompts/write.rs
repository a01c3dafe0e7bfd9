//! Writing prompts.

use auth::Identity;
use ids::PromptId;
use sqlx::{PgConnection, query, query_scalar};
use timestamp::Timestamp;

use crate::{
    domain::{NewPrompt, PromptText, Status, Visibility},
    repo::counters,
};

/// Inserts a prompt with version 1, and its counters. Returns the version of its row.
pub async fn insert(
    connection: &mut PgConnection,
    id: PromptId,
    author: &Identity,
    new: &NewPrompt,
    created_at: Timestamp,
) -> sqlx::Result<i64> {
    let text = &new.text;
    query_scalar!(
        r#"with prompt as (
             insert into prompts (id, user_id, username, title, description, content, category,
                                  tags, model, visibility, status, created_at, updated_at,
                                  forked_from_prompt_id, forked_from_version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)
             returning id, visibility, status, xmin::text::bigint as row_version),
         counters as (
             insert into prompt_counters (prompt_id, listed)
             select id, visibility = 'PUBLIC' and status = 'PUBLISHED' from prompt)
         select row_version as "row_version!" from prompt"#,
        id.0,
        author.id.0,
        author.username,
        text.title,
        text.description,
        text.content,
        text.category,
        &text.tags,
        text.model,
        new.visibility as Visibility,
        new.status as Status,
        created_at,
        new.forked_from.map(|origin| origin.prompt_id.0),
        new.forked_from.map(|origin| origin.version),
    )
    .fetch_one(connection)
    .await
}

/// Writes a changed prompt and increments its revision.
pub async fn update(
    connection: &mut PgConnection,
    id: PromptId,
    text: &PromptText,
    visibility: Visibility,
    status: Status,
    version: i32,
) -> sqlx::Result<()> {
    query!(
        "with prompt as (
             update prompts
             set title = $2, description = $3, content = $4, category = $5, tags = $6, model = $7,
                 visibility = $8, status = $9, version = $10, revision = revision + 1,
                 updated_at = now()
             where id = $1
             returning id, visibility, status)
         update prompt_counters c
         set listed = (prompt.visibility = 'PUBLIC' and prompt.status = 'PUBLISHED')
         from prompt
         where c.prompt_id = prompt.id",
        id.0,
        text.title,
        text.description,
        text.content,
        text.category,
        &text.tags,
        text.model,
        visibility as Visibility,
        status as Status,
        version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes a prompt, whose row must be locked for update, and subtracts it from the forks of its origin.
pub async fn delete(
    connection: &mut PgConnection,
    id: PromptId,
    forked_from: Option<PromptId>,
) -> sqlx::Result<()> {
    // The counters that go and those that change, in order of id as every transaction that locks
    // several: the deletion alone would lock its own first, whatever its id.
    let mut affected = vec![id];
    affected.extend(forked_from);
    counters::lock_all(connection, &affected).await?;
    query!("delete from prompts where id = $1", id.0).execute(&mut *connection).await?;
    if let Some(origin) = forked_from {
        counters::add_forks(connection, origin, -1).await?;
    }
    Ok(())
}
