//! The columns of `prompts` that the marketplace sets.

use ids::PromptId;
use sqlx::{PgExecutor, query, query_as};

use crate::domain::Premium;

/// Makes a prompt premium or free if `premium` is newer than what it has. The prompt's own revision
/// stays: an edit that its author has begun changes none of these columns.
pub async fn set_premium(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    premium: &Premium,
) -> sqlx::Result<()> {
    query!(
        "update prompts set is_premium = $2, price = $3, premium_revision = $4
         where id = $1 and premium_revision < $4",
        prompt.0,
        premium.premium,
        premium.price,
        premium.revision,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Returns whether a prompt is premium, and its price; `None` when it is gone.
pub async fn find_premium(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
) -> sqlx::Result<Option<Premium>> {
    query_as!(
        Premium,
        "select is_premium as premium, price, premium_revision as revision
         from prompts where id = $1",
        prompt.0,
    )
    .fetch_optional(executor)
    .await
}
