//! Prompt tests as their owners see them.

use http_kit::page::{Include, MAX_PAGE_BYTES, Slice};
use ids::{ComparisonId, TestId, UserId};
use model_client::ModelProvider;
use serde_json::json;
use sqlx::{PgExecutor, Postgres, QueryBuilder, query, query_as};

use crate::domain::{NewPromptTest, Position, PromptTest, PromptTestFilter};

/// Makes a query for whole [`PromptTest`]s: the statement up to their columns, the rest of it, and its
/// arguments.
macro_rules! query_tests {
    ($before:literal, $after:literal, $($argument:expr),* $(,)?) => {
        query_as!(
            PromptTest,
            $before
                + r#"id, prompt_id, prompt_version, user_id, prompt_content,
              left(prompt_content, 200) as "prompt_content_preview!", model_provider, model_name,
              temperature, max_tokens, seed, status, response,
              left(response, 200) as response_preview, response_incomplete, input_tokens,
              cached_input_tokens, output_tokens, reasoning_tokens, usage_source, token_count,
              response_time_ms, cost, price_version, assertion_results, score, error_message,
              attempts, created_at, started_at, completed_at"#
                + $after,
            $($argument),*
        )
    };
}

/// Stores a test; with that it is queued.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    id: TestId,
    new: &NewPromptTest,
) -> sqlx::Result<PromptTest> {
    let (prompt, version) = new.prompt.unzip();
    let (comparison, target_index) = new.comparison.unzip();
    query_tests!(
        "insert into tests (id, user_id, prompt_id, prompt_version, prompt_content, system_prompt,
                            model_provider, model_name, temperature, max_tokens, seed,
                            assertions, comparison_id, target_index)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         returning ",
        "",
        id.0,
        new.user_id.0,
        prompt.map(|id| id.0),
        version,
        new.prompt_content,
        new.system_prompt,
        new.target.model_provider as ModelProvider,
        new.target.model_name,
        new.target.temperature,
        new.target.max_tokens,
        new.target.seed,
        (!new.assertions.is_empty()).then(|| json!(new.assertions)),
        comparison.map(|id| id.0),
        target_index,
    )
    .fetch_one(executor)
    .await
}

/// Finds a test that this user may see: their own, or any for `all`.
pub async fn find_visible(
    executor: impl PgExecutor<'_>,
    id: TestId,
    viewer: UserId,
    all: bool,
) -> sqlx::Result<Option<PromptTest>> {
    query_tests!(
        "select ",
        " from tests where id = $1 and (user_id = $2 or $3)",
        id.0,
        viewer.0,
        all,
    )
    .fetch_optional(executor)
    .await
}

/// Lists a comparison's tests, in the order of its targets.
pub async fn list_of_comparison(
    executor: impl PgExecutor<'_>,
    comparison: ComparisonId,
) -> sqlx::Result<Vec<PromptTest>> {
    query_tests!(
        "select ",
        " from tests where comparison_id = $1 order by target_index",
        comparison.0,
    )
    .fetch_all(executor)
    .await
}

/// Lists tests, newest first. Texts that are not asked for, and texts beyond the limit of a page, stay in the
/// database.
pub async fn list(
    executor: impl PgExecutor<'_>,
    filter: PromptTestFilter,
    include: Option<Include>,
    slice: Slice<Position>,
) -> sqlx::Result<Vec<PromptTest>> {
    let mut query = QueryBuilder::new(
        "select id, prompt_id, prompt_version, user_id, model_provider, model_name, temperature,
                max_tokens, seed, status, left(prompt_content, 200) as prompt_content_preview,
                left(response, 200) as response_preview, response_incomplete, input_tokens,
                cached_input_tokens, output_tokens, reasoning_tokens, usage_source, token_count,
                response_time_ms, cost, price_version, score, error_message, attempts, created_at,
                started_at, completed_at, ",
    );
    match include {
        None => {
            query.push("null as prompt_content, null as response, ");
            query.push(SHORT_RESULTS).push(" from (");
            push_rows(&mut query, filter, slice);
        }
        Some(Include::Content) => {
            query.push(
                "case when is_kept then prompt_content end as prompt_content,
                 case when is_kept then response end as response,
                 case when is_kept then assertion_results end as assertion_results
                 from (select *, bytes <= ",
            );
            query.push_bind(MAX_PAGE_BYTES as i64).push(" and sum(bytes) filter (where bytes <= ");
            query.push_bind(MAX_PAGE_BYTES as i64);
            query.push(") over (order by created_at desc, id desc) <= ");
            query.push_bind(MAX_PAGE_BYTES as i64).push(
                " as is_kept
                 from (select *, octet_length(prompt_content) + coalesce(octet_length(response), 0)
                               + coalesce(octet_length(assertion_results::text), 0) as bytes from (",
            );
            push_rows(&mut query, filter, slice);
            query.push(") p) p");
        }
    }
    query.push(") p order by created_at desc, id desc");
    query.build_query_as().fetch_all(executor).await
}

/// The results of assertions in a list, unless they are long: each repeats the value of its assertion.
pub const SHORT_RESULTS: &str = "case when octet_length(assertion_results::text) <= 8192
                                      then assertion_results end as assertion_results";

/// Selects the rows of a page without reading their texts.
fn push_rows(query: &mut QueryBuilder<Postgres>, filter: PromptTestFilter, slice: Slice<Position>) {
    query.push("select * from tests where ");
    push_filter(query, filter);
    if let Some((created_at, id)) = slice.after {
        query.push(" and (created_at, id) < (").push_bind(created_at);
        query.push(", ").push_bind(id).push(")");
    }
    query.push(" order by created_at desc, id desc limit ").push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
}

pub async fn count(executor: impl PgExecutor<'_>, filter: PromptTestFilter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from tests where ");
    push_filter(&mut query, filter);
    query.build_query_scalar().fetch_one(executor).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: PromptTestFilter) {
    match filter {
        PromptTestFilter::User(user) => query.push("user_id = ").push_bind(user),
        PromptTestFilter::Prompt(prompt) => query.push("prompt_id = ").push_bind(prompt),
        PromptTestFilter::UserOnPrompt(user, prompt) => {
            query.push("prompt_id = ").push_bind(prompt);
            query.push(" and user_id = ").push_bind(user)
        }
    };
}

/// Cancels a test of this user that has not ended. Returns false when there is none.
pub async fn cancel(
    executor: impl PgExecutor<'_>,
    id: TestId,
    owner: UserId,
) -> sqlx::Result<bool> {
    let done = query!(
        "update tests set status = 'CANCELLED', due_at = null, completed_at = now()
         where id = $1 and user_id = $2 and status in ('PENDING', 'RUNNING')",
        id.0,
        owner.0,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}
