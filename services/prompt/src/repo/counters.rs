use ids::PromptId;
use sqlx::{PgConnection, PgPool, query};

use crate::traffic::Tally;

/// Keeps a prompt's counters from being changed until the transaction ends.
pub async fn lock(connection: &mut PgConnection, prompt: PromptId) -> sqlx::Result<()> {
    query!("select prompt_id from prompt_counters where prompt_id = $1 for update", prompt.0)
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// As [`lock`], for several prompts, in order of id.
pub async fn lock_all(connection: &mut PgConnection, prompts: &[PromptId]) -> sqlx::Result<()> {
    query!(
        "select prompt_id from prompt_counters where prompt_id = any($1::uuid[])
         order by prompt_id for update",
        prompts as &[PromptId],
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Counts forks that came or, if negative, went; nothing when their origin is gone.
pub async fn add_forks(
    connection: &mut PgConnection,
    origin: PromptId,
    count: i64,
) -> sqlx::Result<()> {
    query!(
        "update prompt_counters set forks_count = forks_count + $2 where prompt_id = $1",
        origin.0,
        count,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds views and uses. In order of id, so that two instances never wait for each other in a circle.
pub async fn add_traffic(pool: &PgPool, traffic: &[(PromptId, Tally)]) -> sqlx::Result<()> {
    let prompts: Vec<_> = traffic.iter().map(|(id, _)| id.0).collect();
    let views: Vec<_> = traffic.iter().map(|(_, tally)| tally.views).collect();
    let uses: Vec<_> = traffic.iter().map(|(_, tally)| tally.uses).collect();
    query!(
        "with added as (
             select c.prompt_id, t.views, t.uses
             from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as t (prompt_id, views, uses)
             join prompt_counters c on c.prompt_id = t.prompt_id
             order by c.prompt_id
             for update of c)
         update prompt_counters c
         set views_count = c.views_count + added.views,
             usage_count = c.usage_count + added.uses,
             trending = case when added.views > 0 then trending_with(c.trending, added.views, now())
                             else c.trending end
         from added where c.prompt_id = added.prompt_id",
        &prompts,
        &views,
        &uses,
    )
    .execute(pool)
    .await?;
    Ok(())
}
