//! The six processes and their databases, as data.

use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use http_kit::serve;
use reqwest::Url;
use sqlx::migrate::Migrator;

/// A process of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Process {
    Gateway,
    User,
    Prompt,
    Test,
    Marketplace,
    Analytics,
}

impl Process {
    pub const SERVICES: [Self; 5] =
        [Self::User, Self::Prompt, Self::Test, Self::Marketplace, Self::Analytics];
    pub const ALL: [Self; 6] =
        [Self::Gateway, Self::User, Self::Prompt, Self::Test, Self::Marketplace, Self::Analytics];

    /// Returns the name on the command line, in `/health` and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::User => "user",
            Self::Prompt => "prompt",
            Self::Test => "test",
            Self::Marketplace => "marketplace",
            Self::Analytics => "analytics",
        }
    }

    pub fn port(self) -> u16 {
        match self {
            Self::Gateway => gateway::PORT,
            Self::User => user_service::PORT,
            Self::Prompt => prompt_service::PORT,
            Self::Test => test_service::PORT,
            Self::Marketplace => marketplace_service::PORT,
            Self::Analytics => analytics_service::PORT,
        }
    }

    pub fn database(self) -> Option<Database> {
        let (name, setting, migrator) = match self {
            Self::Gateway => return None,
            Self::User => ("user_service_db", "USER_DATABASE_URL", &user_service::MIGRATOR),
            Self::Prompt => ("prompt_service_db", "PROMPT_DATABASE_URL", &prompt_service::MIGRATOR),
            Self::Test => ("test_service_db", "TEST_DATABASE_URL", &test_service::MIGRATOR),
            Self::Marketplace => (
                "marketplace_service_db",
                "MARKETPLACE_DATABASE_URL",
                &marketplace_service::MIGRATOR,
            ),
            Self::Analytics => {
                ("analytics_service_db", "ANALYTICS_DATABASE_URL", &analytics_service::MIGRATOR)
            }
        };
        Some(Database { name, setting, migrator })
    }

    /// Serves until a signal asks it to stop.
    pub fn serve(self) -> ExitCode {
        let (name, port) = (self.name(), self.port());
        match self {
            Self::Gateway => {
                serve::main(name, port, gateway::Config::read, gateway::run_on_all_cores)
            }
            Self::User => serve::main(name, port, user_service::Config::read, user_service::run),
            Self::Prompt => {
                serve::main(name, port, prompt_service::Config::read, prompt_service::run)
            }
            Self::Test => serve::main(name, port, test_service::Config::read, test_service::run),
            Self::Marketplace => {
                serve::main(name, port, marketplace_service::Config::read, marketplace_service::run)
            }
            Self::Analytics => {
                serve::main(name, port, analytics_service::Config::read, analytics_service::run)
            }
        }
    }
}

/// A database, which belongs to one service.
#[derive(Clone, Copy)]
pub struct Database {
    pub name: &'static str,
    /// The name of the setting with its URL, for a database that is not on the common server.
    pub setting: &'static str,
    pub migrator: &'static Migrator,
}

impl Database {
    /// Returns the URL of this database on the server of another database's URL.
    ///
    /// # Errors
    /// When `server` is no Postgres URL.
    pub fn url_on(self, server: &str) -> anyhow::Result<String> {
        // The error does not repeat the URL, which may hold a password.
        let mut url = Url::parse(server).context("not a URL")?;
        anyhow::ensure!(
            matches!(url.scheme(), "postgres" | "postgresql") && url.has_host(),
            "not a postgres:// URL"
        );
        url.set_path(self.name);
        Ok(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_database_on_the_one_server() {
        let names: Vec<_> = Process::ALL.into_iter().filter_map(Process::database).collect();
        assert_eq!(names.len(), 5);
        assert_eq!(
            names[0].url_on("postgres://me:p%40ss@db:5433/postgres?sslmode=require").unwrap(),
            "postgres://me:p%40ss@db:5433/user_service_db?sslmode=require"
        );
    }

    #[test]
    fn a_bad_server_url_is_refused_without_repeating_it() {
        let database = Process::User.database().unwrap();
        for bad in ["secret", "http://secret@host/x", "postgres:secret"] {
            let error = format!("{:#}", database.url_on(bad).unwrap_err());
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn ports_are_the_documented_ones() {
        assert_eq!(Process::ALL.map(Process::port), [9000, 9001, 9002, 9003, 9004, 9005]);
    }
}
