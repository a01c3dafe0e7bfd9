//! Who likes a prompt. Counters move only by what the rows did, in the same statement, so that
//! neither can be without the other.

use std::collections::HashSet;

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, QueryBuilder, query, query_scalar};

use super::prompts::VISIBLE;

/// Whether someone likes a prompt from now on.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub prompt: PromptId,
    pub user: UserId,
    /// Whether that is an administrator.
    pub admin: bool,
    pub liked: bool,
}

/// Keeps the prompts from being deleted until the transaction ends. Returns whose wishes about which
/// can be fulfilled: those about prompts that are still there and that they may read.
pub async fn keep_all(
    connection: &mut PgConnection,
    wishes: &[Wish],
) -> sqlx::Result<HashSet<(PromptId, UserId)>> {
    let mut query = QueryBuilder::new("select p.id, viewer.id from unnest(");
    query.push_bind(wishes.iter().map(|wish| wish.prompt).collect::<Vec<_>>()).push(", ");
    query.push_bind(wishes.iter().map(|wish| wish.user).collect::<Vec<_>>()).push(", ");
    query.push_bind(wishes.iter().map(|wish| wish.admin).collect::<Vec<_>>());
    query.push(") viewer (prompt_id, id, admin) join prompts p on p.id = viewer.prompt_id where ");
    query.push(VISIBLE).push(" order by p.id for key share of p");
    let kept = query.build_query_as().fetch_all(connection).await?;
    Ok(kept.into_iter().collect())
}

/// Writes likes, takes others back, and counts them. Returns what this changed; the rest was so
/// already. No two wishes may be of one person about one prompt, and the prompts must be kept and
/// their counters locked.
pub async fn write(
    connection: &mut PgConnection,
    wishes: &[Wish],
) -> sqlx::Result<Vec<(PromptId, UserId)>> {
    let prompts: Vec<_> = wishes.iter().map(|wish| wish.prompt.0).collect();
    let users: Vec<_> = wishes.iter().map(|wish| wish.user.0).collect();
    let liked: Vec<_> = wishes.iter().map(|wish| wish.liked).collect();
    let changed = query!(
        r#"with wished as (
               select * from unnest($1::uuid[], $2::uuid[], $3::boolean[])
                   as w (prompt_id, user_id, liked)),
           added as (
               insert into prompt_likes (prompt_id, user_id)
               select prompt_id, user_id from wished where liked
               on conflict do nothing returning prompt_id, user_id),
           removed as (
               delete from prompt_likes l using wished w
               where not w.liked and l.prompt_id = w.prompt_id and l.user_id = w.user_id
               returning l.prompt_id, l.user_id, l.created_at),
           counted as (
               update prompt_counters c
               set likes_count = likes_count + moved.by,
                   trending = trending_with(c.trending, 5 * moved.weight, now())
               from (select prompt_id, sum(one) as by, sum(weight) as weight
                     from (select prompt_id, 1 as one, 1.0::double precision as weight from added
                           union all
                           select prompt_id, -1, -trending_remainder(created_at) from removed) each
                     group by prompt_id) moved
               where c.prompt_id = moved.prompt_id)
           select prompt_id as "prompt_id!: PromptId", user_id as "user_id!: UserId" from added
           union all select prompt_id, user_id from removed"#,
        &prompts,
        &users,
        &liked,
    )
    .fetch_all(connection)
    .await?;
    Ok(changed.into_iter().map(|row| (row.prompt_id, row.user_id)).collect())
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
