use sqlx::{AssertSqlSafe, PgPool};

/// Switches the database of a test off and on. Off, it closes the connections that it has and takes no
/// new ones.
pub struct DatabaseSwitch {
    name: String,
    admin: PgPool,
}

impl DatabaseSwitch {
    pub async fn of(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let name = options.get_database().unwrap().to_owned();
        let admin = options.as_ref().clone().database("postgres");
        Self { name, admin: PgPool::connect_with(admin).await.unwrap() }
    }

    pub async fn off(&self) {
        self.allow_connections(false).await;
        self.disconnect().await;
    }

    pub async fn on(&self) {
        self.allow_connections(true).await;
    }

    /// Closes the connections that the database has; it takes new ones.
    pub async fn disconnect(&self) {
        sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1")
            .bind(&self.name)
            .execute(&self.admin)
            .await
            .unwrap();
    }

    async fn allow_connections(&self, allowed: bool) {
        let sql = format!("alter database \"{}\" allow_connections {allowed}", self.name);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.admin).await.unwrap();
    }
}
