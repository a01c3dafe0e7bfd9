use std::time::Duration;

use auth::Identity;
use ids::{ListingId, TransactionId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::WantedRefund;

/// Writes that a completed purchase is to be given back, for its seller and administrators; nothing
/// happens when it is written already. `None` when it is not theirs, or not completed.
pub async fn want(
    executor: impl PgExecutor<'_>,
    id: TransactionId,
    caller: &Identity,
) -> sqlx::Result<Option<WantedRefund>> {
    query_as!(
        WantedRefund,
        r#"update transactions set refund_requested_at = coalesce(refund_requested_at, now())
           where id = $1 and (seller_id = $2 or $3) and status = 'COMPLETED'
           returning id, amount, currency, payment_method, charge_reference as "charge_reference!""#,
        id.0,
        caller.id.0,
        caller.is_admin(),
    )
    .fetch_optional(executor)
    .await
}

/// Takes the wish back: the provider has refused.
pub async fn unwant(executor: impl PgExecutor<'_>, id: TransactionId) -> sqlx::Result<()> {
    query!(
        "update transactions set refund_requested_at = null where id = $1 and status = 'COMPLETED'",
        id.0,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Marks as given back what was wanted so; the listing it was of, or `None` when that has happened
/// before.
pub async fn refund(
    connection: &mut PgConnection,
    id: TransactionId,
    reference: &str,
) -> sqlx::Result<Option<ListingId>> {
    query_scalar!(
        "update transactions
         set status = 'REFUNDED', refunded_at = now(), refund_reference = $2,
             refund_requested_at = coalesce(refund_requested_at, now())
         where id = $1 and status = 'COMPLETED'
         returning listing_id",
        id.0,
        reference,
    )
    .fetch_optional(connection)
    .await
}

/// Refunds that have been wanted for longer than `age`, oldest first, up to `limit`.
pub async fn overdue(
    executor: impl PgExecutor<'_>,
    age: Duration,
    limit: i64,
) -> sqlx::Result<Vec<WantedRefund>> {
    query_as!(
        WantedRefund,
        r#"select id, amount, currency, payment_method, charge_reference as "charge_reference!"
           from transactions
           where status = 'COMPLETED' and refund_requested_at < now() - make_interval(secs => $1)
           order by refund_requested_at limit $2"#,
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
}
