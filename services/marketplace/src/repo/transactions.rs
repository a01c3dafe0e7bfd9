//! Statements on `transactions`.

pub mod refunds;
pub mod revenue;

use std::time::Duration;

use auth::Identity;
use http_kit::page::Slice;
use ids::{LicenseId, PromptId, TransactionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::{LicenseType, NewTransaction, PaymentMethod, Transaction, TransactionStatus};

/// Selects or returns [`Transaction`]s: `query_transaction!("select", "from transactions …", args…)`.
macro_rules! query_transaction {
    ($before:literal, $after:literal, $($args:tt)*) => {
        query_as!(
            Transaction,
            $before
                + " id, listing_id, prompt_id, buyer_id, seller_id, license_type, amount, platform_fee,
                    currency, payment_method, license_id, status, failure_reason, created_at,
                    completed_at, refunded_at "
                + $after,
            $($args)*
        )
    };
}

/// Inserts a pending purchase, which reserves the licence: a second one of the same licence by the
/// same buyer violates `transactions_reservation_key`.
pub async fn insert(connection: &mut PgConnection, new: &NewTransaction) -> sqlx::Result<()> {
    query!(
        "insert into transactions (id, listing_id, prompt_id, prompt_version, buyer_id, seller_id,
                                   license_type, amount, platform_fee, currency, payment_method)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id.0,
        new.listing_id.0,
        new.prompt_id.0,
        new.prompt_version,
        new.buyer_id.0,
        new.seller_id.0,
        new.license_type as LicenseType,
        new.amount.decimal(),
        new.platform_fee.decimal(),
        new.currency.as_str(),
        new.payment_method as PaymentMethod,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the status of the purchase that reserves this licence, if there is one.
pub async fn find_reservation(
    executor: impl PgExecutor<'_>,
    buyer: UserId,
    prompt: PromptId,
    license_type: LicenseType,
) -> sqlx::Result<Option<TransactionStatus>> {
    query_scalar!(
        "select status from transactions
         where buyer_id = $1 and prompt_id = $2 and license_type = $3
           and status in ('PENDING', 'COMPLETED') and not lapsed",
        buyer.0,
        prompt.0,
        license_type as LicenseType,
    )
    .fetch_optional(executor)
    .await
}

/// Completes a pending purchase whose licence has been inserted.
pub async fn complete(
    connection: &mut PgConnection,
    id: TransactionId,
    license: LicenseId,
    charge_reference: &str,
) -> sqlx::Result<Transaction> {
    query_transaction!(
        "update transactions
         set status = 'COMPLETED', completed_at = now(), charge_reference = $2, license_id = $3
         where id = $1 and status = 'PENDING'
         returning",
        "",
        id.0,
        charge_reference,
        license.0,
    )
    .fetch_one(connection)
    .await
}

/// Fails a purchase; false when it is not pending any more.
pub async fn fail(
    connection: &mut PgConnection,
    id: TransactionId,
    reason: &str,
) -> sqlx::Result<bool> {
    let failed = query!(
        "update transactions set status = 'FAILED', failure_reason = $2
         where id = $1 and status = 'PENDING'",
        id.0,
        reason,
    )
    .execute(connection)
    .await?;
    Ok(failed.rows_affected() == 1)
}

/// Returns up to `limit` purchases that have been pending for longer than `age`, oldest first.
pub async fn list_overdue(
    executor: impl PgExecutor<'_>,
    age: Duration,
    limit: i64,
) -> sqlx::Result<Vec<TransactionId>> {
    query_scalar!(
        "select id from transactions
         where status = 'PENDING' and created_at < now() - make_interval(secs => $1)
         order by created_at limit $2",
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Returns a transaction without a visibility check.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: TransactionId,
) -> sqlx::Result<Option<Transaction>> {
    query_transaction!("select", "from transactions where id = $1", id.0)
        .fetch_optional(executor)
        .await
}

/// Returns a transaction to its buyer, its seller and administrators.
pub async fn find_visible(
    executor: impl PgExecutor<'_>,
    id: TransactionId,
    viewer: &Identity,
) -> sqlx::Result<Option<Transaction>> {
    query_transaction!(
        "select",
        "from transactions where id = $1 and (buyer_id = $2 or seller_id = $2 or $3)",
        id.0,
        viewer.id.0,
        viewer.is_admin(),
    )
    .fetch_optional(executor)
    .await
}

/// Returns a buyer's transactions, newest first.
pub async fn list_by_buyer(
    executor: impl PgExecutor<'_>,
    buyer: UserId,
    slice: Slice<TransactionId>,
) -> sqlx::Result<Vec<Transaction>> {
    query_transaction!(
        "select",
        "from transactions
         where buyer_id = $1 and id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
         order by id desc limit $3 offset $4",
        buyer.0,
        slice.after.map(|id| id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

/// Counts a buyer's transactions.
pub async fn count_by_buyer(executor: impl PgExecutor<'_>, buyer: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from transactions where buyer_id = $1"#, buyer.0)
        .fetch_one(executor)
        .await
}

/// Returns a seller's transactions, newest first.
pub async fn list_by_seller(
    executor: impl PgExecutor<'_>,
    seller: UserId,
    slice: Slice<TransactionId>,
) -> sqlx::Result<Vec<Transaction>> {
    query_transaction!(
        "select",
        "from transactions
         where seller_id = $1 and id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
         order by id desc limit $3 offset $4",
        seller.0,
        slice.after.map(|id| id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

/// Counts a seller's transactions.
pub async fn count_by_seller(executor: impl PgExecutor<'_>, seller: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from transactions where seller_id = $1"#, seller.0)
        .fetch_one(executor)
        .await
}
