//! Lists of prompts. A page is found by ids and sort keys alone, mostly in an index without a look at
//! any row, so that a large offset is cheap; `prompts::find_all` then reads the prompts of the page.

use http_kit::page::{Slice, SortDir};
use ids::PromptId;
use sqlx::{Decode, PgExecutor, PgPool, Postgres, QueryBuilder, Type, postgres::PgRow};

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

/// Returns the keys of a slice of a list and, if `counted`, how many prompts the list has; `None` where the slice
/// is empty.
pub async fn list_keys(
    executor: impl PgExecutor<'_>,
    scope: &ListScope,
    order: ListOrder,
    dir: SortDir,
    slice: Slice<ListKey>,
    counted: bool,
) -> sqlx::Result<(Vec<ListKey>, Option<i64>)> {
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
    let mut query = QueryBuilder::new(format!("select {id}, {key}, "));
    match counted {
        true => push_count(&mut query, scope),
        false => {
            query.push("null::bigint");
        }
    }
    query.push(format_args!(" from {tables} where "));
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
    // Otherwise planned for each value: the best plan for a category of ten prompts takes seconds for one of a
    // hundred thousand, and the other way round.
    let one_plan = matches!(scope, ListScope::Public);
    match order.key_type() {
        KeyType::Time => fetch_keys(query, executor, one_plan, ListKey::Time).await,
        KeyType::Text => fetch_keys(query, executor, one_plan, ListKey::Text).await,
        KeyType::Count => fetch_keys(query, executor, one_plan, ListKey::Count).await,
        KeyType::Number => {
            let number = |key: f64, id| ListKey::Number(key.to_bits(), id);
            fetch_keys(query, executor, one_plan, number).await
        }
    }
}

/// Adds an expression that counts the prompts of a list exactly; large lists are counted beforehand.
fn push_count(query: &mut QueryBuilder<Postgres>, scope: &ListScope) {
    let (kind, name) = match scope {
        ListScope::Public => (NameKind::Listed, ""),
        ListScope::Category(name) => (NameKind::Category, name.as_str()),
        ListScope::Tag(name) => (NameKind::Tag, name.as_str()),
        ListScope::Own(author) => {
            query.push("(select count(*) from prompts where user_id = ").push_bind(*author);
            query.push(")");
            return;
        }
        ListScope::Author(author) => {
            query.push("(select count(*) from prompts p where p.user_id = ").push_bind(*author);
            query.push(format_args!(" and {LISTED})"));
            return;
        }
    };
    query.push("((select coalesce(sum(uses), 0) from catalog where kind = ").push_bind(kind);
    query.push(" and key = lower(").push_bind(name.to_owned());
    query.push(")) + (select coalesce(sum(uses), 0) from catalog_changes where kind = ");
    query.push_bind(kind).push(" and key = lower(").push_bind(name.to_owned());
    query.push(")))::bigint");
}

async fn fetch_keys<K>(
    mut query: QueryBuilder<Postgres>,
    executor: impl PgExecutor<'_>,
    one_plan: bool,
    list_key: impl Fn(K, PromptId) -> ListKey,
) -> sqlx::Result<(Vec<ListKey>, Option<i64>)>
where
    K: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    (PromptId, K, Option<i64>): for<'r> sqlx::FromRow<'r, PgRow>,
{
    let rows: Vec<(PromptId, K, Option<i64>)> =
        query.build_query_as().persistent(one_plan).fetch_all(executor).await?;
    let total = rows.first().and_then(|(_, _, total)| *total);
    Ok((rows.into_iter().map(|(id, key, _)| list_key(key, id)).collect(), total))
}

/// Counts the prompts of a list exactly.
pub async fn count(pool: &PgPool, scope: &ListScope) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select ");
    push_count(&mut query, scope);
    query.build_query_scalar().fetch_one(pool).await
}
