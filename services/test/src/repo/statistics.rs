//! Sums over a user's tests, from the index `tests_statistics_idx` alone.

use ids::{PromptId, UserId};
use model_client::ModelProvider;
use sqlx::{FromRow, PgExecutor, QueryBuilder};

use crate::domain::Sums;

/// Sums over the tests on one model; of one version of a prompt, when a prompt is selected.
#[derive(FromRow)]
pub struct Group {
    pub model_provider: ModelProvider,
    pub model_name: String,
    pub prompt_version: Option<i32>,
    #[sqlx(flatten)]
    pub sums: Sums,
}

/// Sums up the tests of a user, or those of one prompt, by model and version.
pub async fn sum_by_model(
    executor: impl PgExecutor<'_>,
    user: UserId,
    prompt: Option<PromptId>,
) -> sqlx::Result<Vec<Group>> {
    let version = if prompt.is_some() { "prompt_version" } else { "null::integer" };
    let mut query = QueryBuilder::new("select model_provider, model_name, ");
    query.push(version).push(
        " as prompt_version,
            count(*) as tests,
            count(*) filter (where status = 'COMPLETED') as completed,
            count(*) filter (where status = 'FAILED') as failed,
            count(*) filter (where status = 'CANCELLED') as cancelled,
            coalesce(sum(input_tokens), 0)::bigint as input_tokens,
            coalesce(sum(output_tokens), 0)::bigint as output_tokens,
            coalesce(sum(cost), 0) as cost,
            count(*) filter (where input_tokens is not null and cost is null) as unpriced,
            coalesce(sum(response_time_ms), 0)::bigint as response_time_ms,
            count(score) as scored,
            coalesce(sum(score), 0) as score
         from tests where user_id = ",
    );
    query.push_bind(user);
    if let Some(prompt) = prompt {
        query.push(" and prompt_id = ").push_bind(prompt);
    }
    query.push(" group by 1, 2, 3 order by 1, 2, 3");
    query.build_query_as().fetch_all(executor).await
}
