//! Lists of prompts. A page is found by ids and sort keys alone, mostly in an index without a look at
//! any row, so that passing over many is cheap; `prompts::find_all` reads what is on it.

use http_kit::page::SortDir;
use ids::{PromptId, UserId};
use pg::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{
    Decode, PgExecutor, PgPool, Postgres, QueryBuilder, Type, postgres::PgRow, query_as,
    query_scalar,
};

use super::catalog::{self, Kind as Counted};
use crate::domain::Summary;

/// What a list of prompts can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SortBy {
    CreatedAt,
    UpdatedAt,
    ViewsCount,
    LikesCount,
    AverageRating,
    UsageCount,
    /// By code point; ASCII without case.
    Title,
}

/// How a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    By(SortBy),
    /// By how much happened lately.
    Trending,
    /// By mean rating, few votes counting less.
    TopRated,
}

/// A sort key and the id beside it: where a prompt stands in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Position {
    Time(Timestamp, PromptId),
    Text(String, PromptId),
    Count(i64, PromptId),
    /// The bits of an `f64`, which would not come through JSON unchanged.
    Number(u64, PromptId),
}

impl Position {
    pub fn id(&self) -> PromptId {
        match self {
            Self::Time(_, id) | Self::Text(_, id) | Self::Count(_, id) | Self::Number(_, id) => *id,
        }
    }
}

/// Where a sort key is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Prompts,
    Counters,
}

/// What a sort key is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Time,
    Text,
    Count,
    Number,
}

impl Order {
    /// The expression, as the indexes have it.
    fn key(self) -> (Table, &'static str) {
        match self {
            Self::By(SortBy::CreatedAt) => (Table::Prompts, "p.created_at"),
            Self::By(SortBy::UpdatedAt) => (Table::Prompts, "p.updated_at"),
            Self::By(SortBy::Title) => (Table::Prompts, r#"lower(p.title collate "C")"#),
            Self::By(SortBy::ViewsCount) => (Table::Counters, "c.views_count"),
            Self::By(SortBy::LikesCount) => (Table::Counters, "c.likes_count"),
            Self::By(SortBy::AverageRating) => (Table::Counters, "c.average_rating"),
            Self::By(SortBy::UsageCount) => (Table::Counters, "c.usage_count"),
            Self::Trending => (Table::Counters, "c.trending"),
            Self::TopRated => (Table::Counters, "c.weighted_rating"),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::By(SortBy::CreatedAt | SortBy::UpdatedAt) => Kind::Time,
            Self::By(SortBy::Title) => Kind::Text,
            Self::By(SortBy::ViewsCount | SortBy::LikesCount | SortBy::UsageCount) => Kind::Count,
            Self::By(SortBy::AverageRating) | Self::Trending | Self::TopRated => Kind::Number,
        }
    }

    /// Whether a position has a sort key of this order's kind.
    pub fn accepts(self, position: &Position) -> bool {
        matches!(
            (self.kind(), position),
            (Kind::Time, Position::Time(..))
                | (Kind::Text, Position::Text(..))
                | (Kind::Count, Position::Count(..))
                | (Kind::Number, Position::Number(..))
        )
    }
}

/// Which prompts a list holds.
#[derive(Clone, Debug)]
pub enum Shelf {
    /// All listed ones.
    Public,
    /// Listed ones of one author.
    Author(UserId),
    /// All of one author.
    Own(UserId),
    /// Listed ones of a category, in any case.
    Category(String),
    /// Listed ones with a tag, in any case.
    Tag(String),
}

/// A stretch of a sorted list.
pub struct Slice {
    pub order: Order,
    pub dir: SortDir,
    pub after: Option<Position>,
    pub offset: i64,
    pub limit: i64,
}

/// What a listed row of `prompts` is known by, as the indexes say it.
const LISTED: &str = "p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'";

/// The prompts in a stretch of a shelf.
pub async fn positions(
    executor: impl PgExecutor<'_>,
    shelf: &Shelf,
    slice: Slice,
) -> sqlx::Result<Vec<Position>> {
    use Table::{Counters, Prompts};
    let (table, key) = slice.order.key();
    let by_time = slice.order == Order::By(SortBy::CreatedAt);
    let (tables, id, key) = match (shelf, table) {
        (Shelf::Category(_) | Shelf::Tag(_), _) if by_time => {
            ("prompt_keys k", "k.prompt_id", "k.created_at")
        }
        (Shelf::Category(_) | Shelf::Tag(_), Prompts) => {
            ("prompt_keys k join prompts p on p.id = k.prompt_id", "p.id", key)
        }
        (Shelf::Category(_) | Shelf::Tag(_), Counters) => (
            "prompt_keys k join prompt_counters c on c.prompt_id = k.prompt_id",
            "c.prompt_id",
            key,
        ),
        (Shelf::Public, Counters) => ("prompt_counters c", "c.prompt_id", key),
        (_, Prompts) => ("prompts p", "p.id", key),
        (_, Counters) => {
            ("prompts p join prompt_counters c on c.prompt_id = p.id", "c.prompt_id", key)
        }
    };
    let mut query = QueryBuilder::new(format!("select {id}, {key} from {tables} where "));
    match shelf {
        Shelf::Public => query.push("true"),
        Shelf::Author(author) | Shelf::Own(author) => query.push("p.user_id = ").push_bind(*author),
        Shelf::Category(name) => {
            query.push("k.kind = 'CATEGORY' and k.key = lower(").push_bind(name).push(")")
        }
        Shelf::Tag(name) => {
            query.push("k.kind = 'TAG' and k.key = lower(").push_bind(name).push(")")
        }
    };
    // Each index holds listed prompts by the condition of its own table.
    if !matches!(shelf, Shelf::Own(_)) {
        if tables.contains("prompts p") {
            query.push(format_args!(" and {LISTED}"));
        }
        if table == Counters {
            query.push(" and c.listed");
        }
    }
    let (direction, beyond) = match slice.dir {
        SortDir::Asc => ("asc", ">"),
        SortDir::Desc => ("desc", "<"),
    };
    if let Some(after) = slice.after {
        query.push(format_args!(" and ({key}, {id}) {beyond} ("));
        match after {
            Position::Time(key, id) => query.push_bind(key).push(", ").push_bind(id),
            Position::Text(key, id) => query.push_bind(key).push(", ").push_bind(id),
            Position::Count(key, id) => query.push_bind(key).push(", ").push_bind(id),
            Position::Number(bits, id) => {
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
    match slice.order.kind() {
        Kind::Time => fetch(query, executor, Position::Time).await,
        Kind::Text => fetch(query, executor, Position::Text).await,
        Kind::Count => fetch(query, executor, Position::Count).await,
        Kind::Number => {
            fetch(query, executor, |key: f64, id| Position::Number(key.to_bits(), id)).await
        }
    }
}

async fn fetch<K>(
    mut query: QueryBuilder<Postgres>,
    executor: impl PgExecutor<'_>,
    position: impl Fn(K, PromptId) -> Position,
) -> sqlx::Result<Vec<Position>>
where
    K: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    (PromptId, K): for<'r> sqlx::FromRow<'r, PgRow>,
{
    let rows: Vec<(PromptId, K)> = query
        .build_query_as()
        // Planned anew for what it looks for: the best plan for a category of ten prompts takes
        // seconds for one of a hundred thousand, and the other way round.
        .persistent(false)
        .fetch_all(executor)
        .await?;
    Ok(rows.into_iter().map(|(id, key)| position(key, id)).collect())
}

/// Those of these prompts that are listed, in no order.
pub async fn summaries(
    executor: impl PgExecutor<'_>,
    ids: &[PromptId],
) -> sqlx::Result<Vec<Summary>> {
    query_as!(
        Summary,
        "select id, title, category, user_id, username from prompts
         where id = any($1::uuid[]) and visibility = 'PUBLIC' and status = 'PUBLISHED'",
        ids as &[PromptId],
    )
    .fetch_all(executor)
    .await
}

/// How many prompts a shelf holds. Exact; the large ones are counted beforehand.
pub async fn count(pool: &PgPool, shelf: &Shelf) -> sqlx::Result<i64> {
    match shelf {
        Shelf::Public => catalog::uses(pool, Counted::Listed, "").await,
        Shelf::Category(name) => catalog::uses(pool, Counted::Category, name).await,
        Shelf::Tag(name) => catalog::uses(pool, Counted::Tag, name).await,
        Shelf::Own(author) => {
            query_scalar!(
                r#"select count(*) as "count!" from prompts where user_id = $1"#,
                author.0
            )
            .fetch_one(pool)
            .await
        }
        Shelf::Author(author) => {
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
