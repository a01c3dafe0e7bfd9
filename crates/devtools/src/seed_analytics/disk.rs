//! The space that tables take.

use std::fmt;

use sqlx::{FromRow, PgPool, query_as};

/// The tables of a database, largest first.
pub struct Sizes(Vec<Size>);

#[derive(FromRow)]
struct Size {
    table: String,
    /// The number of rows, as the last analyze estimated it.
    rows: i64,
    /// The size of the table, and the size of its indexes, in bytes.
    table_bytes: i64,
    index_bytes: i64,
}

/// The least size that is listed, in bytes.
const LEAST: i64 = 1 << 20;

impl Sizes {
    /// Adds up partitions.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(pool: &PgPool) -> sqlx::Result<Self> {
        let sizes = query_as(
            r#"select coalesce(pg_partition_root(c.oid)::regclass, c.oid::regclass)::text as "table",
                      sum(greatest(c.reltuples, 0))::bigint as rows,
                      sum(pg_table_size(c.oid))::bigint as table_bytes,
                      sum(pg_indexes_size(c.oid))::bigint as index_bytes
               from pg_class c
               where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
               group by 1
               order by sum(pg_total_relation_size(c.oid)) desc"#,
        );
        Ok(Self(sizes.fetch_all(pool).await?))
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| table | rows | table | indexes |\n|---|--:|--:|--:|")?;
        let (mut tables, mut indexes) = (0, 0);
        for size in &self.0 {
            tables += size.table_bytes;
            indexes += size.index_bytes;
            if size.table_bytes + size.index_bytes >= LEAST {
                let rows = indicatif::HumanCount(size.rows.unsigned_abs());
                let (table, index) = (megabytes(size.table_bytes), megabytes(size.index_bytes));
                writeln!(f, "| {} | {rows} | {table} | {index} |", size.table)?;
            }
        }
        write!(f, "| all | | {} | {} |", megabytes(tables), megabytes(indexes))
    }
}

fn megabytes(bytes: i64) -> String {
    format!("{} MB", bytes >> 20)
}
