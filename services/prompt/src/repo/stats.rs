//! Numbers, read without the texts they are about.

use ids::{PromptId, UserId};
use sqlx::{PgExecutor, query_as};

use crate::domain::{AuthorStats, PromptStats};

/// What people did with a prompt; `None` when it is gone.
pub async fn of_prompt(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
) -> sqlx::Result<Option<PromptStats>> {
    query_as!(
        PromptStats,
        "select likes_count, comments_count, ratings_count, average_rating, views_count, forks_count
         from prompt_counters where prompt_id = $1",
        prompt.0,
    )
    .fetch_optional(executor)
    .await
}

/// Sums over an author's listed prompts: one index of `prompts` names them, without a look at the
/// table, and each is then a look-up by primary key in the short rows of `prompt_counters`.
pub async fn of_author(executor: impl PgExecutor<'_>, author: UserId) -> sqlx::Result<AuthorStats> {
    query_as!(
        AuthorStats,
        r#"select count(*) as "prompts_count!",
                  coalesce(sum(c.likes_count), 0)::bigint as "likes_received!"
           from prompts p join prompt_counters c on c.prompt_id = p.id
           where p.user_id = $1 and c.listed"#,
        author.0,
    )
    .fetch_one(executor)
    .await
}
