//! What idempotency keys have led to.

use ids::{TransactionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as};

use crate::domain::KeyedRequest;

/// The one route that takes keys so far.
const ROUTE: &str = "POST /api/marketplace/purchase";

/// What was asked under a key, and what was answered.
#[derive(Debug)]
pub struct Recorded {
    pub request_hash: Vec<u8>,
    pub transaction_id: TransactionId,
    /// `None` while it is not known.
    pub status: Option<i16>,
    /// Of a 201.
    pub body: Option<String>,
    pub failure_reason: Option<String>,
}

/// Writes a key beside the pending purchase that it led to. A second time violates
/// `purchase_keys_pkey`.
pub async fn insert(
    connection: &mut PgConnection,
    user: UserId,
    keyed: &KeyedRequest,
    transaction: TransactionId,
) -> sqlx::Result<()> {
    query!(
        "insert into purchase_keys (user_id, route, key, request_hash, transaction_id)
         values ($1, $2, $3, $4, $5)",
        user.0,
        ROUTE,
        keyed.key.as_str(),
        keyed.hash,
        transaction.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn find(
    executor: impl PgExecutor<'_>,
    user: UserId,
    keyed: &KeyedRequest,
) -> sqlx::Result<Option<Recorded>> {
    query_as!(
        Recorded,
        "select k.request_hash, k.transaction_id, k.status, k.body, t.failure_reason
         from purchase_keys k join transactions t on t.id = k.transaction_id
         where k.user_id = $1 and k.route = $2 and k.key = $3",
        user.0,
        ROUTE,
        keyed.key.as_str(),
    )
    .fetch_optional(executor)
    .await
}

/// Writes the answer to a purchase that is settled by the same database transaction; nothing when it
/// had no key.
pub async fn answer(
    connection: &mut PgConnection,
    transaction: TransactionId,
    status: i16,
    body: Option<&str>,
) -> sqlx::Result<()> {
    query!(
        "update purchase_keys set status = $2, body = $3 where transaction_id = $1",
        transaction.0,
        status,
        body,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The stored 201 of a purchase, if it had a key.
pub async fn body_of(
    executor: impl PgExecutor<'_>,
    transaction: TransactionId,
) -> sqlx::Result<Option<String>> {
    let body = sqlx::query_scalar!(
        "select body from purchase_keys where transaction_id = $1",
        transaction.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(body.flatten())
}

/// Forgets up to `limit` answers that are older than a day; tells how many.
pub async fn forget_old(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<u64> {
    let forgotten = query!(
        "delete from purchase_keys k
         using (select user_id, route, key from purchase_keys
                where created_at < now() - interval '24 hours' and status is not null
                order by created_at limit $1 for update skip locked) old
         where k.user_id = old.user_id and k.route = old.route and k.key = old.key",
        limit,
    )
    .execute(executor)
    .await?;
    Ok(forgotten.rows_affected())
}
