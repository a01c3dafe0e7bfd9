//! How many listed prompts there are, and how many use each category, tag and word. Triggers write what
//! changes into `catalog_changes`; see the migration.

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, QueryBuilder, query, query_scalar};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum Kind {
    /// All listed prompts, under the empty key.
    Listed,
    Category,
    Tag,
}

/// A name and how many listed prompts use it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entry {
    pub key: String,
    pub name: String,
    pub uses: i64,
}

impl Entry {
    pub fn position(&self) -> Position {
        Position { uses: self.uses, key: self.key.clone() }
    }
}

/// Where an entry stands among those of its kind, most used first.
#[derive(Serialize, Deserialize)]
pub struct Position {
    uses: i64,
    key: String,
}

/// How many listed prompts use a name, in any case. Exact: what is not summed up yet is added.
pub async fn uses(pool: &PgPool, kind: Kind, name: &str) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select (coalesce((select uses from catalog where kind = $1 and key = lower($2)), 0)
                   + coalesce((select sum(uses) from catalog_changes
                               where kind = $1 and key = lower($2)), 0))::bigint as "uses!""#,
        kind as Kind,
        name,
    )
    .fetch_one(pool)
    .await
}

/// Entries that begin with `prefix`, in any case.
fn of_kind(select: &str, kind: Kind, prefix: &str) -> QueryBuilder<sqlx::Postgres> {
    let mut query = QueryBuilder::new(select);
    query.push(" from catalog where uses > 0 and kind = ").push_bind(kind);
    if !prefix.is_empty() {
        // All that begins alike, by code point, is before the last of all characters.
        query
            .push(" and key >= lower(")
            .push_bind(prefix.to_owned())
            .push(") and key < lower(")
            .push_bind(prefix.to_owned())
            .push(") || '\u{10FFFF}'");
    }
    query
}

/// Entries of a kind whose names begin with `prefix`, most used first.
pub async fn list(
    pool: &PgPool,
    kind: Kind,
    prefix: &str,
    after: Option<Position>,
    offset: i64,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    let mut query = of_kind("select key, name, uses", kind, prefix);
    if let Some(Position { uses, key }) = after {
        // The first condition is what an index understands; the second is exact.
        query
            .push(" and uses <= ")
            .push_bind(uses)
            .push(" and (uses < ")
            .push_bind(uses)
            .push(" or key > ")
            .push_bind(key)
            .push(")");
    }
    query
        .push(" order by uses desc, key limit ")
        .push_bind(limit)
        .push(" offset ")
        .push_bind(offset);
    // Planned for the prefix it has: many names begin with `a`, few with `accountancy`.
    query.build_query_as().persistent(false).fetch_all(pool).await
}

/// How many entries of a kind begin with `prefix`.
pub async fn count(pool: &PgPool, kind: Kind, prefix: &str) -> sqlx::Result<i64> {
    of_kind("select count(*)", kind, prefix)
        .build_query_scalar()
        .persistent(false)
        .fetch_one(pool)
        .await
}

/// Sums up at most `limit` changes; returns how many there were, `None` when another instance is at it.
pub async fn sum_up(pool: &PgPool, limit: i64) -> sqlx::Result<Option<i64>> {
    /// Of the advisory lock: any number that nothing else in this database uses.
    const LOCK: i64 = 0x0063_6174_616c_6f67;
    let mut tx = pool.begin().await?;
    let turn = query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "turn!""#, LOCK)
        .fetch_one(&mut *tx)
        .await?;
    if !turn {
        return Ok(None);
    }
    let taken = query_scalar!(
        r#"with taken as (
               delete from catalog_changes where ctid = any (array(
                   select ctid from catalog_changes limit $1))
               returning kind, key, name, uses),
           summed as (
               insert into catalog as c (kind, key, name, uses)
               select kind, key, min(name), sum(uses) from taken group by kind, key
               having sum(uses) <> 0
               on conflict (kind, key) do update set uses = c.uses + excluded.uses)
           select count(*) as "taken!" from taken"#,
        limit,
    )
    .fetch_one(&mut *tx)
    .await?;
    if taken > 0 {
        query!("delete from catalog where uses = 0").execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(Some(taken))
}
