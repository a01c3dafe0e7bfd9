//! Creating a database and bringing its schema up to date.

use std::str::FromStr;

use anyhow::Context;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, migrate::Migrator,
    postgres::PgConnectOptions,
};

/// Creates the database if it is absent and brings its schema up to date. Several processes may do so
/// at once: the migrator takes an advisory lock.
///
/// # Errors
/// When the server cannot be reached, or a migration fails or differs from the one applied.
pub async fn migrate(url: &str, migrator: &Migrator) -> anyhow::Result<()> {
    let options = PgConnectOptions::from_str(url).context("not a Postgres URL")?;
    let name = options.get_database().unwrap_or("postgres").to_owned();
    let mut connection = match options.connect().await {
        Ok(connection) => connection,
        Err(error) if is_no_such_database(&error) => {
            create(&options, &name).await.with_context(|| format!("cannot create {name}"))?;
            options.connect().await?
        }
        Err(error) => return Err(error).context("cannot reach Postgres"),
    };
    migrator.run(&mut connection).await.with_context(|| format!("cannot migrate {name}"))?;
    connection.close().await?;
    Ok(())
}

/// Tells whether the SQLSTATE is 3D000, invalid_catalog_name.
fn is_no_such_database(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(db) if db.code().as_deref() == Some("3D000"))
}

async fn create(options: &PgConnectOptions, name: &str) -> anyhow::Result<()> {
    let mut admin = PgConnection::connect_with(&options.clone().database("postgres")).await?;
    let quoted = name.replace('"', "\"\"");
    let result = sqlx::query(AssertSqlSafe(format!(r#"create database "{quoted}""#)))
        .execute(&mut admin)
        .await;
    match result {
        Ok(_) => {}
        // 42P04: someone else created it first.
        Err(sqlx::Error::Database(db)) if db.code().as_deref() == Some("42P04") => {}
        Err(error) => return Err(error.into()),
    }
    admin.close().await?;
    Ok(())
}
