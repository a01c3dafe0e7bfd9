//! The databases of a fleet, on the server that `DATABASE_URL` names.

use std::env;

use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator};

fn databases() -> [(&'static str, &'static Migrator); 5] {
    [
        ("user", &user_service::MIGRATOR),
        ("prompt", &prompt_service::MIGRATOR),
        ("test", &test_service::MIGRATOR),
        ("marketplace", &marketplace_service::MIGRATOR),
        ("analytics", &analytics_service::MIGRATOR),
    ]
}

/// Creates the databases of a fleet.
pub async fn create(fleet: &str) {
    for (service, migrator) in databases() {
        pg::migrate(&database_url(&format!("{fleet}_{service}")), migrator).await.unwrap();
    }
}

/// Drops the databases of a fleet, on a thread of its own: the caller's runtime cannot be blocked on.
pub fn drop_all(fleet: &str) {
    let names = databases().map(|(service, _)| format!("{fleet}_{service}"));
    let _ = std::thread::spawn(move || drop_databases(&names)).join();
}

fn drop_databases(names: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&database_url("postgres")).await.unwrap();
        for name in names {
            let sql = format!(r#"drop database if exists "{name}" with (force)"#);
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    });
}

/// Returns the URL of a database on the server that `DATABASE_URL` names.
pub fn database_url(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are given their stores by the environment"
    )]
    let server = env::var("DATABASE_URL").expect("DATABASE_URL names the server to test with");
    let (server, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}
