//! Databases for one test.

use std::env;

use ids::EventId;
use mongodb::{Client, Collection, bson::Document};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::process::Command;

use crate::support::promptforge_dev;

/// A user database, a prompt database, an analytics database and a MongoDB database, which do not exist yet.
pub struct Databases {
    name: String,
    pub mongo_uri: String,
}

impl Databases {
    pub fn new() -> Self {
        let name = format!("cli{}", EventId::new().0.simple());
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are given their stores by the environment"
        )]
        let mongo = env::var("MONGODB_URI").expect("MONGODB_URI names the server to test with");
        let mongo_uri = format!("{}/{name}", mongo.trim_end_matches('/'));
        Self { name, mongo_uri }
    }

    /// Returns a command of the program on these databases.
    pub fn promptforge_dev(&self, args: &[&str]) -> Command {
        let mut command = promptforge_dev(args);
        command
            .env_remove("POSTGRES_URL")
            .env("USER_DATABASE_URL", url(&format!("{}_user", self.name)))
            .env("PROMPT_DATABASE_URL", url(&format!("{}_prompt", self.name)))
            .env("ANALYTICS_DATABASE_URL", url(&format!("{}_analytics", self.name)))
            .env("MONGODB_URI", &self.mongo_uri);
        command
    }

    pub async fn users(&self) -> PgPool {
        connect(&format!("{}_user", self.name)).await
    }

    pub async fn prompts(&self) -> PgPool {
        connect(&format!("{}_prompt", self.name)).await
    }

    pub async fn analytics(&self) -> PgPool {
        connect(&format!("{}_analytics", self.name)).await
    }

    /// Returns the collection of versions.
    pub async fn versions(&self) -> Collection<Document> {
        let client = Client::with_uri_str(&self.mongo_uri).await.unwrap();
        client.default_database().unwrap().collection("prompt_versions")
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The databases explain the failure.
            return;
        }
        let names =
            ["user", "prompt", "analytics"].map(|service| format!("{}_{service}", self.name));
        // The test's runtime cannot be blocked on from here.
        let _ = std::thread::spawn(move || remove(&names)).join();
    }
}

fn remove(names: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&url("postgres")).await.unwrap();
        for name in names {
            let sql = format!(r#"drop database if exists "{name}" with (force)"#);
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    });
}

async fn connect(name: &str) -> PgPool {
    PgPoolOptions::new().max_connections(2).connect(&url(name)).await.unwrap()
}

/// Returns the URL of a database on the server that `DATABASE_URL` names.
fn url(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are given their stores by the environment"
    )]
    let server = env::var("DATABASE_URL").expect("DATABASE_URL names the server to test with");
    let mut server = reqwest::Url::parse(&server).unwrap();
    server.set_path(name);
    server.into()
}
