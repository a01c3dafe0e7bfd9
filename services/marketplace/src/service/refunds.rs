//! Refunds, which are as durable as purchases.
//!
//! 1. **Request**: the refund is written on the purchase. The licence is valid until the refund is
//!    confirmed, so that the buyer cannot buy it a second time meanwhile.
//! 2. **Refund** at the provider, under an idempotency key of its own.
//! 3. **Settle** ([`settle`]): REFUNDED, the end of the licence, and the message to the prompt service,
//!    in one database transaction.
//!
//! A job repeats the second step after a crash: the provider refunds a charge once, however often it
//! is called.

use auth::Identity;
use ids::TransactionId;
use metrics::counter;

use super::{batch, prompt_sync, transactions};
use crate::{
    clients::payments::{Refund, RefundStatus},
    domain::{Purchase, RefundRequest, SyncSubject, TransactionStatus},
    error::ServiceError,
    repo::{self, transactions::refunds},
    state::AppState,
};

/// Refunds a purchase, for its seller and administrators. A repeated call returns the refunded purchase.
pub async fn refund(
    state: &AppState,
    id: TransactionId,
    caller: &Identity,
) -> Result<Purchase, ServiceError> {
    let Some(request) = refunds::request(&state.pool, id, caller).await? else {
        let purchase = transactions::find(state, id, caller).await?;
        let transaction = &purchase.transaction;
        if transaction.seller_id != caller.id && !caller.is_admin() {
            return Err(ServiceError::RefundNotYours);
        }
        return match transaction.status {
            TransactionStatus::Refunded => Ok(purchase),
            _ => Err(ServiceError::NotRefundable),
        };
    };
    let status = call_provider(state, request).await?;
    if let Some(subject) = settle(state, id, &status).await? {
        prompt_sync::push_now(state, subject).await;
    }
    match status {
        RefundStatus::Refunded { .. } => transactions::find(state, id, caller).await,
        RefundStatus::Refused { reason } => Err(ServiceError::RefundRefused { reason }),
    }
}

async fn call_provider(
    state: &AppState,
    request: RefundRequest,
) -> Result<RefundStatus, ServiceError> {
    let refund = Refund {
        charge: request.id,
        charge_reference: request.charge_reference,
        amount: request.amount,
        currency: request.currency,
        method: request.payment_method,
    };
    state.payments.refund(&refund).await.map_err(|error| {
        tracing::warn!(transaction = %refund.charge, "{error}; the refund stays requested");
        ServiceError::RefundPending { settled_in: state.settle_after + state.settle_every }
    })
}

/// Settles a refund with its outcome, and returns the subject to push to the prompt service; `None`
/// when the refund was refused, or settled before.
///
/// The request, the job, and a provider's webhook may each call this, in any order and more than once.
/// A refund that was made by hand at the provider is settled too.
pub async fn settle(
    state: &AppState,
    id: TransactionId,
    status: &RefundStatus,
) -> Result<Option<SyncSubject>, ServiceError> {
    let RefundStatus::Refunded { reference } = status else {
        refunds::withdraw(&state.pool, id).await?;
        counter!("refunds_total", "outcome" => "refused").increment(1);
        return Ok(None);
    };
    let mut tx = state.pool.begin().await?;
    let Some((license, prompt)) = repo::licenses::end(&mut tx, id).await? else { return Ok(None) };
    let Some(listing) = refunds::complete(&mut tx, id, reference).await? else { return Ok(None) };
    let subject = SyncSubject::License(license, prompt);
    repo::prompt_sync::enqueue(&mut tx, subject, state.sync_retry).await?;
    repo::listings::add_sales(&mut tx, listing, -1).await?;
    tx.commit().await?;
    state.answer_cache.forget(listing);
    counter!("refunds_total", "outcome" => "refunded").increment(1);
    Ok(Some(subject))
}

/// The number of refunds that one round settles, and how many of them at once.
const ROUND: i64 = 500;
const CONCURRENCY: usize = 4;

/// Settles refunds that were requested too long ago, and returns how many succeeded.
pub async fn settle_overdue(state: &AppState) -> Result<usize, ServiceError> {
    let overdue = refunds::list_overdue(&state.pool, state.settle_after, ROUND).await?;
    Ok(batch::count_successes(overdue, CONCURRENCY, |request| async move {
        let id = request.id;
        refund_and_settle(state, request)
            .await
            .inspect_err(|error| tracing::warn!(transaction = %id, "cannot refund: {error:#}"))
    })
    .await)
}

async fn refund_and_settle(state: &AppState, request: RefundRequest) -> Result<(), ServiceError> {
    let id = request.id;
    let status = call_provider(state, request).await?;
    settle(state, id, &status).await?;
    Ok(())
}
