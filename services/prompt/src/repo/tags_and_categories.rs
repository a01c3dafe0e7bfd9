//! Counts of the listed prompts: all of them, and those that use each category, tag and word. Triggers
//! write changes into `catalog_changes`; see the migration.

use http_kit::page::Slice;
use sqlx::{PgPool, QueryBuilder, query, query_scalar};

use crate::domain::{NameCount, NameKey, NameKind};

/// Starts a query for the names of a kind that begin with `prefix`, whatever their case.
fn select_names(select: &str, kind: NameKind, prefix: &str) -> QueryBuilder<sqlx::Postgres> {
    let mut query = QueryBuilder::new(select);
    query.push(" from catalog where uses > 0 and kind = ").push_bind(kind);
    if !prefix.is_empty() {
        // By code point, every name with the prefix comes before the prefix and the last character.
        query
            .push(" and key >= lower(")
            .push_bind(prefix.to_owned())
            .push(") and key < lower(")
            .push_bind(prefix.to_owned())
            .push(") || '\u{10FFFF}'");
    }
    query
}

/// Lists the names of a kind that begin with `prefix`, most used first.
pub async fn list(
    pool: &PgPool,
    kind: NameKind,
    prefix: &str,
    slice: Slice<NameKey>,
) -> sqlx::Result<Vec<NameCount>> {
    let mut query = select_names("select key, name, uses", kind, prefix);
    if let Some(NameKey { uses, key }) = slice.after {
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
        .push_bind(slice.limit)
        .push(" offset ")
        .push_bind(slice.offset);
    // Planned for the prefix it has: many names begin with `a`, few with `accountancy`.
    query.build_query_as().persistent(false).fetch_all(pool).await
}

/// Counts the names of a kind that begin with `prefix`.
pub async fn count(pool: &PgPool, kind: NameKind, prefix: &str) -> sqlx::Result<i64> {
    select_names("select count(*)", kind, prefix)
        .build_query_scalar()
        .persistent(false)
        .fetch_one(pool)
        .await
}

/// Sums up at most `limit` changes. Returns how many it summed up; `None` when another instance is
/// doing so.
pub async fn sum_up_changes(pool: &PgPool, limit: i64) -> sqlx::Result<Option<i64>> {
    /// The key of the advisory lock: any number that nothing else in this database uses.
    const LOCK: i64 = 0x0063_6174_616c_6f67;
    let mut tx = pool.begin().await?;
    let locked = query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "locked!""#, LOCK)
        .fetch_one(&mut *tx)
        .await?;
    if !locked {
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
