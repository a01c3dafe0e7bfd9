//! The time that Postgres takes for each statement, by `pg_stat_statements`.

use std::fmt;

use sqlx::{FromRow, PgPool, query_as};

/// The least share of the time of all statements that is listed.
const LEAST: f64 = 0.01;

/// The end of each statement that the measurement itself asks, and that no figure holds.
pub const NOT_MEASURED: &str = "/* not measured */";

/// The statements of a database, with those first that took the most time.
pub struct Statements {
    events: u64,
    rows: Vec<Statement>,
}

#[derive(FromRow)]
struct Statement {
    text: String,
    calls: i64,
    ms: f64,
}

impl Statements {
    /// Begins to count.
    ///
    /// # Errors
    /// When the extension is not there.
    pub async fn reset(pool: &PgPool) -> sqlx::Result<()> {
        sqlx::raw_sql(
            "create extension if not exists pg_stat_statements;
             select pg_stat_statements_reset()",
        )
        .execute(pool)
        .await?;
        Ok(())
    }

    /// Reads the counts of statements that served this many events.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(pool: &PgPool, events: u64) -> sqlx::Result<Self> {
        let rows = query_as(
            "select left(regexp_replace(query, '\\s+', ' ', 'g'), 90) as text, calls,
                    total_exec_time as ms
             from pg_stat_statements
             where dbid = (select oid from pg_database where datname = current_database())
               and query not like '%' || $1
             order by total_exec_time desc",
        );
        Ok(Self { events, rows: rows.bind(NOT_MEASURED).fetch_all(pool).await? })
    }
}

impl fmt::Display for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: f64 = self.rows.iter().map(|row| row.ms).sum();
        writeln!(f, "| statement | calls | ms each | µs an event |\n|---|--:|--:|--:|")?;
        for row in self.rows.iter().filter(|row| row.ms > LEAST * all) {
            let each = row.ms / row.calls as f64;
            let event = 1000.0 * row.ms / self.events as f64;
            let text = row.text.replace('|', "\\|");
            writeln!(f, "| `{text}` | {} | {each:.2} | {event:.2} |", row.calls)?;
        }
        write!(f, "| all | | | {:.2} |", 1000.0 * all / self.events as f64)
    }
}
