//! Reading prompts for other services, which keep ids only.

use auth::Identity;
use ids::PromptId;
use sqlx::{PgExecutor, QueryBuilder, query_as};

use super::read::{READABLE_BY_VIEWER, VISIBLE, push_viewer};
use crate::domain::{PromptSummary, RatedPrompt};

/// Returns those of the prompts that are listed or that `caller` may read as author, administrator or
/// licence holder, in no order. With `unlisted`, also those that everyone may read who knows their ids.
pub async fn find_summaries(
    executor: impl PgExecutor<'_>,
    ids: &[PromptId],
    caller: Option<&Identity>,
    unlisted: bool,
) -> sqlx::Result<Vec<PromptSummary>> {
    let mut query = QueryBuilder::new(
        "select p.id, p.title, p.category, p.user_id, p.username, p.visibility, p.status
         from prompts p cross join ",
    );
    push_viewer(&mut query, caller);
    query.push(" where p.id = any(").push_bind(ids).push(") and ");
    if unlisted {
        query.push(VISIBLE);
    } else {
        query.push("((p.visibility = 'PUBLIC' and p.status = 'PUBLISHED') or ");
        query.push(READABLE_BY_VIEWER).push(")");
    }
    query.build_query_as().fetch_all(executor).await
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
