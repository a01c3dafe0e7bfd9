//! The idempotency keys of purchases, with the response that each gives.

use ids::{TransactionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as};

use crate::domain::KeyedRequest;

/// The only route with keys in this table.
const ROUTE: &str = "POST /api/marketplace/purchase";

/// The purchase that was made under a key.
#[derive(Debug)]
pub struct PurchaseKey {
    pub request_hash: Vec<u8>,
    pub transaction_id: TransactionId,
    /// The HTTP status of the response; `None` while the purchase is pending.
    pub status: Option<i16>,
    /// The response body; only for 201.
    pub body: Option<String>,
    pub failure_reason: Option<String>,
}

/// Inserts a key with its pending purchase. A second use violates `purchase_keys_pkey`.
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

/// Returns the purchase that `user` made under a key.
pub async fn find(
    executor: impl PgExecutor<'_>,
    user: UserId,
    keyed: &KeyedRequest,
) -> sqlx::Result<Option<PurchaseKey>> {
    query_as!(
        PurchaseKey,
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

/// Writes the response of a purchase that this database transaction settles, if it has a key.
pub async fn set_response(
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

/// Returns the body of the 201 of a purchase, if it has a key.
pub async fn find_body(
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

/// Deletes up to `limit` keys of settled purchases that are older than a day, and returns how many.
pub async fn delete_old(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<u64> {
    let deleted = query!(
        "delete from purchase_keys k
         using (select user_id, route, key from purchase_keys
                where created_at < now() - interval '24 hours' and status is not null
                order by created_at limit $1 for update skip locked) old
         where k.user_id = old.user_id and k.route = old.route and k.key = old.key",
        limit,
    )
    .execute(executor)
    .await?;
    Ok(deleted.rows_affected())
}
