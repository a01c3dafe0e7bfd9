//! What listings copy of their prompts, which a walk through all that are not removed renews again and
//! again. What is sold (content, preview and version) stays as it was listed.

use std::time::Duration;

use ids::{ListingId, PromptId};
use rust_decimal::Decimal;
use sqlx::{PgExecutor, query, query_as, query_scalar};

/// Takes the next stretch of the walk, if it is due: after which listing it begins. Nobody else takes
/// it until `lease` is over.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    lease: Duration,
) -> sqlx::Result<Option<Option<ListingId>>> {
    let after = query_scalar!(
        "update rating_walk set due_at = now() + make_interval(secs => $1) where due_at <= now()
         returning after",
        lease.as_secs_f64(),
    )
    .fetch_optional(executor)
    .await?;
    Ok(after.map(|id| id.map(ListingId)))
}

/// A listing on the way.
#[derive(Debug)]
pub struct Stop {
    pub id: ListingId,
    pub prompt_id: PromptId,
}

/// The listings after one, in the order of the walk, up to `limit`.
pub async fn stretch(
    executor: impl PgExecutor<'_>,
    after: Option<ListingId>,
    limit: i64,
) -> sqlx::Result<Vec<Stop>> {
    query_as!(
        Stop,
        "select id, prompt_id from listings
         where status <> 'REMOVED' and id > coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid)
         order by id limit $2",
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// The walk has come so far, `None` to its end; it goes on after `pause`.
pub async fn walked(
    executor: impl PgExecutor<'_>,
    to: Option<ListingId>,
    pause: Duration,
) -> sqlx::Result<()> {
    query!(
        "update rating_walk set after = $1, due_at = now() + make_interval(secs => $2)",
        to.map(|id| id.0),
        pause.as_secs_f64(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// What a prompt is now, as far as listings copy it.
#[derive(Debug)]
pub struct PromptNow {
    pub id: PromptId,
    /// `None` when nobody has rated it.
    pub rating: Option<Decimal>,
    /// `None` when the prompt service did not say: then nothing but the rating is renewed.
    pub title: Option<String>,
    pub description: Option<String>,
    pub category: Option<String>,
}

/// Writes what prompts are now. A listing without words of its own has those of its prompt, and
/// follows them. Rows that say so already are not touched.
pub async fn renew(executor: impl PgExecutor<'_>, prompts: &[PromptNow]) -> sqlx::Result<()> {
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
