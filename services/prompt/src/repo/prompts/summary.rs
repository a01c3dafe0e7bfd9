//! Reading prompts for other services, which keep ids only.

use ids::PromptId;
use sqlx::{PgExecutor, query_as};

use crate::domain::{PromptSummary, RatedPrompt};

/// Returns those of the prompts that are listed, in no order.
pub async fn find_summaries(
    executor: impl PgExecutor<'_>,
    ids: &[PromptId],
) -> sqlx::Result<Vec<PromptSummary>> {
    query_as!(
        PromptSummary,
        "select id, title, category, user_id, username from prompts
         where id = any($1::uuid[]) and visibility = 'PUBLIC' and status = 'PUBLISHED'",
        ids as &[PromptId],
    )
    .fetch_all(executor)
    .await
}

/// Returns the mean ratings and the words of these prompts, in no order, without prompts that are gone.
pub async fn find_rated(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
) -> sqlx::Result<Vec<RatedPrompt>> {
    query_as!(
        RatedPrompt,
        r#"select p.id as "id!: PromptId", w.title as "title?", w.description as "description?",
                  w.category as "category?", c.average_rating
           from prompts p
           join prompt_counters c on c.prompt_id = p.id
           left join lateral (select p.title, p.description, p.category) w on p.status = 'PUBLISHED'
           where p.id = any($1::uuid[])"#,
        prompts as &[PromptId],
    )
    .fetch_all(executor)
    .await
}
