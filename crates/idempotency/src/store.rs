//! The table of keys, the same in every database that has one.

use std::time::Duration;

use ids::UserId;
use service_kit::{Job, Next};
use sqlx::{PgConnection, PgExecutor, PgPool};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Answer, Error, RequestKey};

#[derive(sqlx::FromRow)]
struct Recorded {
    request_digest: Vec<u8>,
    status: i16,
    location: Option<String>,
    etag: Option<String>,
    body: String,
}

/// Returns the answer that a key has given.
///
/// # Errors
/// [`Error::Reused`] when it was given to another request.
pub(crate) async fn find(
    executor: impl PgExecutor<'_>,
    caller: UserId,
    key: &RequestKey,
) -> Result<Option<Answer>, Error> {
    let recorded: Option<Recorded> = sqlx::query_as(
        "select request_digest, status, location, etag, body from idempotency_keys
         where user_id = $1 and route = $2 and key = $3",
    )
    .bind(caller)
    .bind(&key.route)
    .bind(key.key.as_str())
    .fetch_optional(executor)
    .await?;
    match recorded {
        None => Ok(None),
        Some(recorded) if recorded.request_digest != key.digest => Err(Error::Reused),
        Some(Recorded { status, location, etag, body, .. }) => {
            Ok(Some(Answer { status: status.unsigned_abs(), location, etag, body }))
        }
    }
}

/// Locks a key until the transaction ends; false when another transaction holds it. Nobody waits: a
/// client that sends one request many times would hold as many connections.
pub(crate) async fn try_lock(
    connection: &mut PgConnection,
    caller: UserId,
    key: &RequestKey,
) -> Result<bool, Error> {
    let locked = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("{caller} {} {}", key.route, key.key.as_str()))
        .fetch_one(connection)
        .await?;
    Ok(locked)
}

/// Records the answer of a key.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    caller: UserId,
    key: &RequestKey,
    answer: &Answer,
) -> Result<(), Error> {
    sqlx::query(
        "insert into idempotency_keys
             (user_id, route, key, request_digest, status, location, etag, body)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(caller)
    .bind(&key.route)
    .bind(key.key.as_str())
    .bind(&key.digest)
    .bind(i16::try_from(answer.status).unwrap_or_default())
    .bind(&answer.location)
    .bind(&answer.etag)
    .bind(&answer.body)
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces the answer of a key.
pub(crate) async fn update(
    executor: impl PgExecutor<'_>,
    caller: UserId,
    key: &RequestKey,
    answer: &Answer,
) -> Result<(), Error> {
    sqlx::query(
        "update idempotency_keys set etag = $4, body = $5
         where user_id = $1 and route = $2 and key = $3",
    )
    .bind(caller)
    .bind(&key.route)
    .bind(key.key.as_str())
    .bind(&answer.etag)
    .bind(&answer.body)
    .execute(executor)
    .await?;
    Ok(())
}

/// Deletes the keys of an account that is gone, and with them the answers, which repeat what it
/// wrote.
///
/// # Errors
/// When the database refuses.
pub async fn forget_user(executor: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query("delete from idempotency_keys where user_id = $1")
        .bind(user)
        .execute(executor)
        .await?;
    Ok(())
}

/// The number of keys deleted in one statement.
const BATCH: i64 = 1_000;

/// The pause between two rounds of deleting.
const PAUSE: Duration = Duration::from_secs(10);

/// Returns the job that deletes keys once they are a day old. Any number of processes may do so.
pub fn delete_old_keys(pool: &PgPool) -> Job {
    Job::every("delete_old_idempotency_keys", PAUSE, pool.clone(), delete_batch)
}

async fn delete_batch(pool: PgPool) -> sqlx::Result<Next> {
    let deleted = sqlx::query(
        "delete from idempotency_keys k
         using (select user_id, route, key from idempotency_keys
                where created_at < now() - interval '24 hours'
                order by created_at limit $1 for update skip locked) old
         where k.user_id = old.user_id and k.route = old.route and k.key = old.key",
    )
    .bind(BATCH)
    .execute(&pool)
    .await?;
    Ok(Next::at_once_if(deleted.rows_affected() == BATCH as u64))
}

/// Deletes keys once they are a day old, until `shutdown`.
pub async fn forget(pool: PgPool, shutdown: CancellationToken) {
    let work = async {
        loop {
            match delete_batch(pool.clone()).await {
                Ok(Next::AtOnce) => {}
                Ok(_) => sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!("old idempotency keys are not deleted yet: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    };
    shutdown.run_until_cancelled(work).await;
}
