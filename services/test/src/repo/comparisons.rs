//! Comparisons. Their targets are tests.

use http_kit::page::Slice;
use ids::{ComparisonId, PromptId, UserId};
use sqlx::{FromRow, PgExecutor, Postgres, QueryBuilder, query, query_as, types::Json};
use timestamp::Timestamp;

use crate::domain::{ComparisonDefinition, ComparisonSummary};

/// A comparison, as stored.
#[derive(FromRow)]
pub struct StoredComparison {
    pub id: ComparisonId,
    pub definition: Json<ComparisonDefinition>,
    pub repeat_of: Option<ComparisonId>,
    pub created_at: Timestamp,
}

pub async fn insert(
    executor: impl PgExecutor<'_>,
    id: ComparisonId,
    user: UserId,
    definition: &ComparisonDefinition,
    repeat_of: Option<ComparisonId>,
) -> sqlx::Result<()> {
    query!(
        "insert into comparisons (id, user_id, name, notes, prompt_id, definition, repeat_of)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        user.0,
        definition.name,
        definition.notes,
        definition.prompt_id.map(|id| id.0),
        Json(definition) as _,
        repeat_of.map(|id| id.0),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Finds a comparison of this user.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: ComparisonId,
    user: UserId,
) -> sqlx::Result<Option<StoredComparison>> {
    query_as!(
        StoredComparison,
        r#"select id, definition as "definition: Json<ComparisonDefinition>", repeat_of, created_at
           from comparisons where id = $1 and user_id = $2"#,
        id.0,
        user.0,
    )
    .fetch_optional(executor)
    .await
}

/// Lists the comparisons of this user, newest first.
pub async fn list(
    executor: impl PgExecutor<'_>,
    user: UserId,
    prompt: Option<PromptId>,
    slice: Slice<(Timestamp, ComparisonId)>,
) -> sqlx::Result<Vec<ComparisonSummary>> {
    let mut query = QueryBuilder::new(
        "select c.id, c.name, c.notes, c.prompt_id, c.repeat_of, t.total, t.done, c.created_at
         from comparisons c
         cross join lateral (
             select count(*) as total, count(*) filter (where due_at is null) as done
             from tests where comparison_id = c.id
         ) t
         where ",
    );
    push_filter(&mut query, user, prompt);
    if let Some((created_at, id)) = slice.after {
        query.push(" and (c.created_at, c.id) < (").push_bind(created_at);
        query.push(", ").push_bind(id).push(")");
    }
    query.push(" order by c.created_at desc, c.id desc limit ").push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
    query.build_query_as().fetch_all(executor).await
}

pub async fn count(
    executor: impl PgExecutor<'_>,
    user: UserId,
    prompt: Option<PromptId>,
) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from comparisons c where ");
    push_filter(&mut query, user, prompt);
    query.build_query_scalar().fetch_one(executor).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, user: UserId, prompt: Option<PromptId>) {
    query.push("c.user_id = ").push_bind(user);
    if let Some(prompt) = prompt {
        query.push(" and c.prompt_id = ").push_bind(prompt);
    }
}
