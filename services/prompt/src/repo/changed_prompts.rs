//! Notifications of changed prompts, which triggers of the database send with each commit.

use std::{io, time::Duration};

use ids::PromptId;
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};

const CHANNEL: &str = "prompts_changed";

/// The time in which the connection must be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedPrompt {
    One(PromptId),
    /// More prompts than are named one by one.
    Many,
}

/// The notifications of all instances' commits from its making on.
pub struct ChangedPrompts(PgListener);

impl ChangedPrompts {
    /// Listens on a connection of its own, which none of the pool's requests wait for.
    pub async fn listen(pool: &PgPool) -> sqlx::Result<Self> {
        let options = pool.connect_options().as_ref().clone();
        let own = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&own).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Waits for the next notification.
    ///
    /// # Errors
    /// When the connection is lost: what is committed from then on is not reported.
    pub async fn next(&mut self) -> sqlx::Result<ChangedPrompt> {
        let lost = || sqlx::Error::Io(io::ErrorKind::ConnectionAborted.into());
        let notification = self.0.try_recv().await?.ok_or_else(lost)?;
        Ok(notification.payload().parse().map_or(ChangedPrompt::Many, ChangedPrompt::One))
    }
}
