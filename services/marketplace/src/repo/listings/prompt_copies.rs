//! The columns of a listing that follow its prompt. The content, preview and version, which are sold,
//! stay as they were listed.

use ids::{ListingId, PromptId};
use rust_decimal::Decimal;
use sqlx::{PgExecutor, query, query_as};

use crate::domain::PromptCopy;

/// A listing with the prompt that it copies.
#[derive(Debug)]
pub struct ListedPrompt {
    pub id: ListingId,
    pub prompt_id: PromptId,
}

/// Returns up to `limit` listings after one, in the order of their ids, without removed ones.
pub async fn list_after(
    executor: impl PgExecutor<'_>,
    after: Option<ListingId>,
    limit: i64,
) -> sqlx::Result<Vec<ListedPrompt>> {
    query_as!(
        ListedPrompt,
        "select id, prompt_id from listings
         where status <> 'REMOVED' and id > coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid)
         order by id limit $2",
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Updates the copies of these prompts. A listing whose title or description is that of its prompt
/// follows it. Rows that are up to date are not written.
pub async fn update(executor: impl PgExecutor<'_>, prompts: &[PromptCopy]) -> sqlx::Result<()> {
    let ids: Vec<_> = prompts.iter().map(|prompt| prompt.id).collect();
    let ratings: Vec<_> = prompts.iter().map(|prompt| prompt.rating).collect();
    let titles: Vec<_> = prompts.iter().map(|prompt| prompt.title.as_deref()).collect();
    let descriptions: Vec<_> = prompts.iter().map(|prompt| prompt.description.as_deref()).collect();
    let categories: Vec<_> = prompts.iter().map(|prompt| prompt.category.as_deref()).collect();
    query!(
        "update listings l
         set average_rating = n.rating,
             prompt_title = coalesce(n.title, l.prompt_title),
             prompt_description =
                 case when n.title is null then l.prompt_description else n.description end,
             prompt_category = coalesce(n.category, l.prompt_category),
             title = case when l.title = l.prompt_title then coalesce(n.title, l.title) else l.title end,
             description = case when n.title is not null
                                     and l.description is not distinct from l.prompt_description
                                then n.description else l.description end
         from unnest($1::uuid[], $2::numeric[], $3::text[], $4::text[], $5::text[])
                  n (prompt_id, rating, title, description, category)
         where l.prompt_id = n.prompt_id and l.status <> 'REMOVED'
           and (l.average_rating is distinct from n.rating
                or n.title is not null
                   and (l.prompt_title, l.prompt_description, l.prompt_category)
                       is distinct from (n.title, n.description, coalesce(n.category, l.prompt_category)))",
        &ids as &[PromptId],
        &ratings as &[Option<Decimal>],
        &titles as &[Option<&str>],
        &descriptions as &[Option<&str>],
        &categories as &[Option<&str>],
    )
    .execute(executor)
    .await?;
    Ok(())
}
