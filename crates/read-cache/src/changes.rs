//! The notifications of changes that triggers of a database send with each commit.

use std::{io, time::Duration};

use sqlx::{
    AssertSqlSafe, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The time in which the connection must be there, and answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The time without a notification after which the connection is tried: networks forget idle connections
/// without a word.
const QUIET_PERIOD: Duration = Duration::from_secs(10);

/// The copies of an instance.
pub trait Copies {
    /// Drops what a notification names.
    fn drop_changed(&self, payload: &str);

    fn drop_all(&self);
}

/// Drops from `copies` what any instance has changed, until the process stops.
///
/// # Errors
/// When the connection is lost: what is committed from then on is not reported.
pub async fn follow_changes(
    pool: &PgPool,
    channel: &str,
    copies: &impl Copies,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    tokio::select! {
        followed = follow(pool, channel, copies) => followed,
        () = stop.cancelled() => Ok(()),
    }
}

async fn follow(pool: &PgPool, channel: &str, copies: &impl Copies) -> anyhow::Result<()> {
    let mut listener = listen(pool, channel).await?;
    // Changes from before were not reported.
    copies.drop_all();
    let lost = drop_notified(&mut listener, channel, copies).await;
    copies.drop_all();
    lost
}

/// Drops what notifications name, until the connection is lost.
async fn drop_notified(
    listener: &mut PgListener,
    channel: &str,
    copies: &impl Copies,
) -> anyhow::Result<()> {
    loop {
        // A notification that has arrived in part is not lost by the timeout.
        let Ok(received) = timeout(QUIET_PERIOD, listener.try_recv()).await else {
            let listen = AssertSqlSafe(format!("listen \"{channel}\""));
            timeout(CONNECT_TIMEOUT, sqlx::query(listen).execute(&mut *listener)).await??;
            continue;
        };
        let lost = || sqlx::Error::Io(io::ErrorKind::ConnectionAborted.into());
        copies.drop_changed(received?.ok_or_else(lost)?.payload());
    }
}

/// Listens on a connection of its own, which none of the pool's requests wait for.
async fn listen(pool: &PgPool, channel: &str) -> sqlx::Result<PgListener> {
    let own = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_lazy_with(pool.connect_options().as_ref().clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.eager_reconnect(false);
    listener.listen(channel).await?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use testkit::{DatabaseSwitch, eventually};

    use super::*;

    #[derive(Default)]
    struct Log(Mutex<Vec<String>>);

    impl Log {
        fn add(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }

        async fn has(&self, wanted: &[&str]) {
            eventually(&format!("{wanted:?}"), async || {
                (*self.0.lock().unwrap() == wanted).then_some(())
            })
            .await;
        }
    }

    impl Copies for Log {
        fn drop_changed(&self, payload: &str) {
            self.add(payload);
        }

        fn drop_all(&self) {
            self.add("all");
        }
    }

    #[sqlx::test]
    async fn a_change_is_dropped_by_name_and_everything_when_the_connection_begins_or_is_lost(
        pool: PgPool,
    ) {
        let (log, stop) = (Log::default(), CancellationToken::new());
        let notify = async {
            log.has(&["all"]).await;
            let mut transaction = pool.begin().await.unwrap();
            sqlx::query("select pg_notify('things', 'never')")
                .execute(&mut *transaction)
                .await
                .unwrap();
            transaction.rollback().await.unwrap();
            sqlx::query("select pg_notify('things', '7'), pg_notify('others', '8')")
                .execute(&pool)
                .await
                .unwrap();
            log.has(&["all", "7"]).await;
            DatabaseSwitch::of(&pool).await.disconnect().await;
        };
        let follow = follow_changes(&pool, "things", &log, stop.clone());
        let (followed, ()) = tokio::join!(follow, notify);
        assert!(followed.is_err(), "its next round follows a pause");
        log.has(&["all", "7", "all"]).await;

        // Without a connection there is nothing new to drop, however often one is tried for.
        let stopped = PgPoolOptions::new().connect_lazy("postgres://127.0.0.1:9/none").unwrap();
        assert!(follow_changes(&stopped, "things", &log, stop.clone()).await.is_err());
        log.has(&["all", "7", "all"]).await;

        stop.cancel();
        follow_changes(&pool, "things", &log, stop).await.unwrap();
    }
}
