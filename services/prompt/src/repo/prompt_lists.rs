//! Lists of prompts. A page is found by ids and sort keys alone, mostly in an index without a look at
//! any row, so that a large offset is cheap; `prompts::find_all` then reads the prompts of the page.

use http_kit::page::{Slice, SortDir};
use ids::PromptId;
use sqlx::{
    Decode, PgExecutor, PgPool, Postgres, QueryBuilder, Type, postgres::PgRow, query_scalar,
};

use super::tags_and_categories;
use crate::domain::{KeyType, ListKey, ListOrder, ListScope, NameKind, SortBy};

/// The table that holds a sort key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Prompts,
    Counters,
}

/// Returns the sort key's table and its expression as the indexes have it.
fn sort_key(order: ListOrder) -> (Table, &'static str) {
    match order {
        ListOrder::By(SortBy::CreatedAt) => (Table::Prompts, "p.created_at"),
        ListOrder::By(SortBy::UpdatedAt) => (Table::Prompts, "p.updated_at"),
        ListOrder::By(SortBy::Title) => (Table::Prompts, r#"lower(p.title collate "C")"#),
        ListOrder::By(SortBy::ViewsCount) => (Table::Counters, "c.views_count"),
        ListOrder::By(SortBy::LikesCount) => (Table::Counters, "c.likes_count"),
        ListOrder::By(SortBy::AverageRating) => (Table::Counters, "c.average_rating"),
        ListOrder::By(SortBy::UsageCount) => (Table::Counters, "c.usage_count"),
        ListOrder::Trending => (Table::Counters, "c.trending"),
        ListOrder::TopRated => (Table::Counters, "c.weighted_rating"),
    }
}

/// The condition of a listed row of `prompts`, as the indexes have it.
const LISTED: &str = "p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'";

/// Returns the keys of a slice of a list.
pub async fn list_keys(
    executor: impl PgExecutor<'_>,
    scope: &ListScope,
    order: ListOrder,
    dir: SortDir,
    slice: Slice<ListKey>,
) -> sqlx::Result<Vec<ListKey>> {
    use Table::{Counters, Prompts};
    let (table, key) = sort_key(order);
    let by_time = order == ListOrder::By(SortBy::CreatedAt);
    let (tables, id, key) = match (scope, table) {
        (ListScope::Category(_) | ListScope::Tag(_), _) if by_time => {
            ("prompt_keys k", "k.prompt_id", "k.created_at")
        }
        (ListScope::Category(_) | ListScope::Tag(_), Prompts) => {
            ("prompt_keys k join prompts p on p.id = k.prompt_id", "p.id", key)
        }
        (ListScope::Category(_) | ListScope::Tag(_), Counters) => (
            "prompt_keys k join prompt_counters c on c.prompt_id = k.prompt_id",
            "c.prompt_id",
            key,
        ),
        (ListScope::Public, Counters) => ("prompt_counters c", "c.prompt_id", key),
        (_, Prompts) => ("prompts p", "p.id", key),
        (_, Counters) => {
            ("prompts p join prompt_counters c on c.prompt_id = p.id", "c.prompt_id", key)
        }
    };
    let mut query = QueryBuilder::new(format!("select {id}, {key} from {tables} where "));
    match scope {
        ListScope::Public => query.push("true"),
        ListScope::Author(author) | ListScope::Own(author) => {
            query.push("p.user_id = ").push_bind(*author)
        }
        ListScope::Category(name) => {
            query.push("k.kind = 'CATEGORY' and k.key = lower(").push_bind(name).push(")")
        }
        ListScope::Tag(name) => {
            query.push("k.kind = 'TAG' and k.key = lower(").push_bind(name).push(")")
        }
    };
    // Each index holds listed prompts by the condition of its own table.
    if !matches!(scope, ListScope::Own(_)) {
        if tables.contains("prompts p") {
            query.push(format_args!(" and {LISTED}"));
        }
        if table == Counters {
            query.push(" and c.listed");
        }
    }
    let (direction, beyond) = match dir {
        SortDir::Asc => ("asc", ">"),
        SortDir::Desc => ("desc", "<"),
    };
    if let Some(after) = slice.after {
        query.push(format_args!(" and ({key}, {id}) {beyond} ("));
        match after {
            ListKey::Time(key, id) => query.push_bind(key).push(", ").push_bind(id),
            ListKey::Text(key, id) => query.push_bind(key).push(", ").push_bind(id),
            ListKey::Count(key, id) => query.push_bind(key).push(", ").push_bind(id),
            ListKey::Number(bits, id) => {
                query.push_bind(f64::from_bits(bits)).push(", ").push_bind(id)
            }
        };
        query.push(")");
    }
    query
        .push(format_args!(" order by {key} {direction}, {id} {direction} limit "))
        .push_bind(slice.limit)
        .push(" offset ")
        .push_bind(slice.offset);
    match order.key_type() {
        KeyType::Time => fetch_keys(query, executor, ListKey::Time).await,
        KeyType::Text => fetch_keys(query, executor, ListKey::Text).await,
        KeyType::Count => fetch_keys(query, executor, ListKey::Count).await,
        KeyType::Number => {
            fetch_keys(query, executor, |key: f64, id| ListKey::Number(key.to_bits(), id)).await
        }
    }
}

async fn fetch_keys<K>(
    mut query: QueryBuilder<Postgres>,
    executor: impl PgExecutor<'_>,
    list_key: impl Fn(K, PromptId) -> ListKey,
) -> sqlx::Result<Vec<ListKey>>
where
    K: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    (PromptId, K): for<'r> sqlx::FromRow<'r, PgRow>,
{
    let rows: Vec<(PromptId, K)> = query
        .build_query_as()
        // Planned for each value: the best plan for a category of ten prompts takes seconds for one
        // of a hundred thousand, and the other way round.
        .persistent(false)
        .fetch_all(executor)
        .await?;
    Ok(rows.into_iter().map(|(id, key)| list_key(key, id)).collect())
}

/// Counts the prompts of a list exactly; large lists are counted beforehand.
pub async fn count(pool: &PgPool, scope: &ListScope) -> sqlx::Result<i64> {
    match scope {
        ListScope::Public => tags_and_categories::count_uses(pool, NameKind::Listed, "").await,
        ListScope::Category(name) => {
            tags_and_categories::count_uses(pool, NameKind::Category, name).await
        }
        ListScope::Tag(name) => tags_and_categories::count_uses(pool, NameKind::Tag, name).await,
        ListScope::Own(author) => {
            query_scalar!(
                r#"select count(*) as "count!" from prompts where user_id = $1"#,
                author.0
            )
            .fetch_one(pool)
            .await
        }
        ListScope::Author(author) => {
            query_scalar!(
                r#"select count(*) as "count!" from prompts
                   where user_id = $1 and visibility = 'PUBLIC' and status = 'PUBLISHED'"#,
                author.0
            )
            .fetch_one(pool)
            .await
        }
    }
}
