use std::time::Duration;

use auth::Identity;
use ids::{LicenseId, ListingId, PromptId, TransactionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use super::Slice;
use crate::{
    domain::{License, LicenseType, NewTransaction, Transaction, TransactionStatus},
    payments::PaymentMethod,
};

/// Writes a pending purchase, which reserves the right to buy: a second one of the same licence by
/// the same buyer violates `transactions_reservation_key`.
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

/// Lets go of a licence that has run out, so that it can be bought anew.
pub async fn lapse(
    connection: &mut PgConnection,
    buyer: UserId,
    prompt: PromptId,
    license_type: LicenseType,
) -> sqlx::Result<()> {
    query!(
        "with expired as (
             update licenses set ended_at = expires_at
             where buyer_id = $1 and prompt_id = $2 and license_type = $3
               and ended_at is null and expires_at <= now()
             returning transaction_id
         )
         update transactions set lapsed = true from expired where id = expired.transaction_id",
        buyer.0,
        prompt.0,
        license_type as LicenseType,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How far the purchase is that reserves this licence, if there is one.
pub async fn reservation(
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

/// Writes the licence that a purchase gives, if that is still pending: it stays so for others until
/// the transaction ends, and there is no moment at which one is there without the other.
pub async fn give_license(
    connection: &mut PgConnection,
    id: TransactionId,
    license: LicenseId,
    license_key: &str,
) -> sqlx::Result<Option<License>> {
    query_as!(
        License,
        "insert into licenses (id, transaction_id, prompt_id, prompt_version, buyer_id, license_type,
                               license_key, expires_at)
         select $2, id, prompt_id, prompt_version, buyer_id, license_type, $3,
                case license_type when 'COMMERCIAL' then now() + interval '1 year' end
         from (select * from transactions where id = $1 and status = 'PENDING' for update) pending
         returning id, transaction_id, prompt_id, prompt_version, buyer_id, license_type, license_key,
                   created_at, expires_at, ended_at",
        id.0,
        license.0,
        license_key,
    )
    .fetch_optional(connection)
    .await
}

/// Completes a pending purchase whose licence is written.
pub async fn complete(
    connection: &mut PgConnection,
    license: &License,
    charge_reference: &str,
) -> sqlx::Result<Transaction> {
    query_as!(
        Transaction,
        "update transactions
         set status = 'COMPLETED', completed_at = now(), charge_reference = $2, license_id = $3
         where id = $1 and status = 'PENDING'
         returning id, listing_id, prompt_id, buyer_id, seller_id, license_type, amount, platform_fee,
                   currency, payment_method, license_id, status, failure_reason, created_at,
                   completed_at, refunded_at",
        license.transaction_id.0,
        charge_reference,
        license.id.0,
    )
    .fetch_one(connection)
    .await
}

/// Ends a pending purchase without a sale; false when it is not pending any more.
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

/// Adds to the sales of a listing that stand. Last in a transaction: everyone who buys it wants this
/// row.
pub async fn count_sale(
    connection: &mut PgConnection,
    listing: ListingId,
    by: i32,
) -> sqlx::Result<()> {
    query!("update listings set sales_count = sales_count + $2 where id = $1", listing.0, by,)
        .execute(connection)
        .await?;
    Ok(())
}

/// Purchases that have been pending for longer than `age`, oldest first, up to `limit`.
pub async fn overdue(
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

/// Whoever it is shown to.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: TransactionId,
) -> sqlx::Result<Option<Transaction>> {
    query_as!(
        Transaction,
        "select id, listing_id, prompt_id, buyer_id, seller_id, license_type, amount, platform_fee,
                currency, payment_method, license_id, status, failure_reason, created_at, completed_at,
                refunded_at
         from transactions where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

/// For its buyer, its seller and administrators.
pub async fn find_visible(
    executor: impl PgExecutor<'_>,
    id: TransactionId,
    viewer: &Identity,
) -> sqlx::Result<Option<Transaction>> {
    query_as!(
        Transaction,
        "select id, listing_id, prompt_id, buyer_id, seller_id, license_type, amount, platform_fee,
                currency, payment_method, license_id, status, failure_reason, created_at, completed_at,
                refunded_at
         from transactions where id = $1 and (buyer_id = $2 or seller_id = $2 or $3)",
        id.0,
        viewer.id.0,
        viewer.is_admin(),
    )
    .fetch_optional(executor)
    .await
}

/// Newest first.
pub async fn of_buyer(
    executor: impl PgExecutor<'_>,
    buyer: UserId,
    slice: Slice<TransactionId>,
) -> sqlx::Result<Vec<Transaction>> {
    query_as!(
        Transaction,
        "select id, listing_id, prompt_id, buyer_id, seller_id, license_type, amount, platform_fee,
                currency, payment_method, license_id, status, failure_reason, created_at, completed_at,
                refunded_at
         from transactions
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

pub async fn count_of_buyer(executor: impl PgExecutor<'_>, buyer: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from transactions where buyer_id = $1"#, buyer.0,)
        .fetch_one(executor)
        .await
}

/// Newest first.
pub async fn of_seller(
    executor: impl PgExecutor<'_>,
    seller: UserId,
    slice: Slice<TransactionId>,
) -> sqlx::Result<Vec<Transaction>> {
    query_as!(
        Transaction,
        "select id, listing_id, prompt_id, buyer_id, seller_id, license_type, amount, platform_fee,
                currency, payment_method, license_id, status, failure_reason, created_at, completed_at,
                refunded_at
         from transactions
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

pub async fn count_of_seller(executor: impl PgExecutor<'_>, seller: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from transactions where seller_id = $1"#,
        seller.0,
    )
    .fetch_one(executor)
    .await
}
