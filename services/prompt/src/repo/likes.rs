//! The table `prompt_likes`. A counter changes only with its rows, in the same statement, so that
//! neither can be without the other.

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

use crate::domain::LikeChange;

/// Inserts likes, deletes others, and counts both. Returns the keys of the rows that changed; the rest
/// were so already. No two changes may have the same key, and the prompts and their counters must be
/// locked.
pub async fn write(
    connection: &mut PgConnection,
    changes: &[LikeChange],
) -> sqlx::Result<Vec<(PromptId, UserId)>> {
    let prompts: Vec<_> = changes.iter().map(|change| change.prompt.0).collect();
    let users: Vec<_> = changes.iter().map(|change| change.user.0).collect();
    let liked: Vec<_> = changes.iter().map(|change| change.liked).collect();
    let changed = query!(
        r#"with change as (
               select * from unnest($1::uuid[], $2::uuid[], $3::boolean[])
                   as c (prompt_id, user_id, liked)),
           added as (
               insert into prompt_likes (prompt_id, user_id)
               select prompt_id, user_id from change where liked
               on conflict do nothing returning prompt_id, user_id),
           removed as (
               delete from prompt_likes l using change w
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

/// Returns those of the prompts that the user likes, in no order.
pub async fn liked_among(
    executor: impl PgExecutor<'_>,
    user: UserId,
    prompts: &[PromptId],
) -> sqlx::Result<Vec<PromptId>> {
    query_scalar!(
        r#"select prompt_id as "id: PromptId" from prompt_likes
           where user_id = $1 and prompt_id = any($2::uuid[])"#,
        user.0,
        prompts as &[PromptId],
    )
    .fetch_all(executor)
    .await
}
