//! [`TestApp`]: a running service, its settings and keys.

use std::sync::Arc;

use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use http_kit::config::Env;
use sqlx::{ConnectOptions, PgPool};
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{Client, described::Description};

/// The internal token of every test app.
pub const INTERNAL_TOKEN: &str = "internal-token-of-the-tests";

/// A running service.
pub struct TestApp {
    pub url: String,
    shutdown: CancellationToken,
    task: Option<JoinHandle<anyhow::Result<()>>>,
    description: Arc<OnceCell<Option<Description>>>,
}

impl TestApp {
    /// Reads the configuration from `settings` and runs the service on a free port.
    pub async fn start<C, F>(
        settings: Vec<(String, String)>,
        read: impl FnOnce(&mut Env) -> C,
        run: impl FnOnce(C, TcpListener, CancellationToken) -> F,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let mut env = Env::with(settings);
        // Quiet unless asked: `TEST_LOG=info cargo test …`.
        #[expect(clippy::disallowed_methods, reason = "a setting of the test, not of the app")]
        let level = std::env::var("TEST_LOG").unwrap_or_else(|_| "off".to_owned());
        http_kit::telemetry::init(&mut Env::with([("RUST_LOG", level)]));
        let config = read(&mut env);
        let config = env.finish(config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(run(config, listener, shutdown.clone()));
        Self { url, shutdown, task: Some(task), description: Arc::default() }
    }

    /// Returns a client that is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::of_app(&self.url, &self.description)
    }

    /// Stops the service and waits until it has stopped.
    ///
    /// # Panics
    /// When the service ends with an error.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap().unwrap();
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Returns the settings that every service reads. The service connects to the database of the test by
/// itself: `pool` is the test's own.
pub fn settings(pool: &PgPool, brokers: &str) -> Vec<(String, String)> {
    [
        ("DATABASE_URL", pool.connect_options().to_url_lossy().to_string()),
        ("DATABASE_MAX_CONNECTIONS", "5".to_owned()),
        ("KAFKA_BROKERS", brokers.to_owned()),
        ("INTERNAL_TOKEN", INTERNAL_TOKEN.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Generates an Ed25519 private key, in PKCS#8 PEM.
pub fn signing_key() -> String {
    let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let base64 = STANDARD.encode(key.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n")
}
