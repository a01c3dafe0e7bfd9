//! Refunds, which are columns of `transactions`.

use std::time::Duration;

use auth::Identity;
use ids::{ListingId, TransactionId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::RefundRequest;

/// Selects or returns [`RefundRequest`]s: `query_refund_request!("select", "from …", args…)`.
macro_rules! query_refund_request {
    ($before:literal, $after:literal, $($args:tt)*) => {
        query_as!(
            RefundRequest,
            $before
                + r#" id, amount, currency, payment_method, charge_reference as "charge_reference!" "#
                + $after,
            $($args)*
        )
    };
}

/// Requests the refund of a completed purchase, for its seller and administrators; a second request
/// changes nothing. `None` when the purchase is not theirs, or not completed.
pub async fn request(
    executor: impl PgExecutor<'_>,
    id: TransactionId,
    caller: &Identity,
) -> sqlx::Result<Option<RefundRequest>> {
    query_refund_request!(
        "update transactions set refund_requested_at = coalesce(refund_requested_at, now())
         where id = $1 and (seller_id = $2 or $3) and status = 'COMPLETED'
         returning",
        "",
        id.0,
        caller.id.0,
        caller.is_admin(),
    )
    .fetch_optional(executor)
    .await
}

/// Withdraws the request of a refund that the provider has refused.
pub async fn withdraw(executor: impl PgExecutor<'_>, id: TransactionId) -> sqlx::Result<()> {
    query!(
        "update transactions set refund_requested_at = null where id = $1 and status = 'COMPLETED'",
        id.0,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Marks a purchase as refunded, and returns its listing; `None` when it was refunded before.
pub async fn complete(
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

/// Returns up to `limit` refunds that were requested longer than `age` ago, oldest first.
pub async fn list_overdue(
    executor: impl PgExecutor<'_>,
    age: Duration,
    limit: i64,
) -> sqlx::Result<Vec<RefundRequest>> {
    query_refund_request!(
        "select",
        "from transactions
         where status = 'COMPLETED' and refund_requested_at < now() - make_interval(secs => $1)
         order by refund_requested_at limit $2",
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
}
