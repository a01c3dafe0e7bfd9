//! Giving money back: as durable as taking it.
//!
//! 1. **Want**: that it is to be given back is written on the purchase. The licence stands until it
//!    has been, so that it cannot be bought anew meanwhile.
//! 2. **Refund** with the provider, under an idempotency key of its own.
//! 3. **Settle** ([`settle`]): REFUNDED, the licence ended, and what the prompt service has to be
//!    told, in one database transaction.
//!
//! What a crash leaves after the first step, the sweeper takes up with the second: the provider
//! gives back once, however often it is asked.

use auth::Identity;
use futures_util::{StreamExt, stream};
use ids::TransactionId;
use metrics::counter;

use super::{
    purchase::{AT_ONCE, ROUND},
    steps,
    transactions::{self, Purchase},
};
use crate::{
    domain::{Subject, TransactionStatus, WantedRefund},
    error::ServiceError,
    payments::{Refund, RefundStatus},
    repo::{self, refunds},
    state::AppState,
};

/// Gives a purchase back, for its seller and administrators. Once given back, tells so again.
pub async fn refund(
    state: &AppState,
    id: TransactionId,
    caller: &Identity,
) -> Result<Purchase, ServiceError> {
    let Some(wanted) = refunds::want(&state.pool, id, caller).await? else {
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
    let status = ask(state, wanted).await?;
    if let Some(subject) = settle(state, id, &status).await? {
        steps::tell_now(state, subject).await;
    }
    match status {
        RefundStatus::Refunded { .. } => transactions::find(state, id, caller).await,
        RefundStatus::Refused { reason } => Err(ServiceError::RefundRefused { reason }),
    }
}

async fn ask(state: &AppState, wanted: WantedRefund) -> Result<RefundStatus, ServiceError> {
    let refund = Refund {
        charge: wanted.id,
        charge_reference: wanted.charge_reference,
        amount: wanted.amount,
        currency: wanted.currency,
        method: wanted.payment_method,
    };
    state.payments.refund(&refund).await.map_err(|error| {
        tracing::warn!(transaction = %refund.charge, "{error}; the refund stays wanted");
        ServiceError::RefundPending { settled_in: state.settle_after + state.settle_every }
    })
}

/// Writes what has become of a refund, and returns what the prompt service has to be told then;
/// `None` when it is written already.
///
/// Whoever learns it may call this, in any order and as often as they like. One that was given back
/// without our asking (by hand, at the provider's) is written too.
pub async fn settle(
    state: &AppState,
    id: TransactionId,
    status: &RefundStatus,
) -> Result<Option<Subject>, ServiceError> {
    let RefundStatus::Refunded { reference } = status else {
        refunds::unwant(&state.pool, id).await?;
        counter!("refunds_total", "outcome" => "refused").increment(1);
        return Ok(None);
    };
    let mut tx = state.pool.begin().await?;
    let Some((license, prompt)) = repo::licenses::end(&mut tx, id).await? else { return Ok(None) };
    let Some(listing) = refunds::refund(&mut tx, id, reference).await? else { return Ok(None) };
    let subject = Subject::License(license, prompt);
    repo::steps::add(&mut tx, subject, state.steps.retry).await?;
    repo::transactions::count_sale(&mut tx, listing, -1).await?;
    tx.commit().await?;
    counter!("refunds_total", "outcome" => "refunded").increment(1);
    Ok(Some(subject))
}

/// Finishes refunds that have been wanted for too long, and tells how many it could.
pub async fn settle_overdue(state: &AppState) -> Result<usize, ServiceError> {
    let overdue = refunds::overdue(&state.pool, state.settle_after, ROUND).await?;
    let settled = stream::iter(overdue)
        .map(|wanted| async move {
            let id = wanted.id;
            let done = async { settle(state, id, &ask(state, wanted).await?).await };
            match done.await {
                Ok(_) => 1,
                Err(error) => {
                    tracing::warn!(transaction = %id, "cannot give back: {error:#}");
                    0
                }
            }
        })
        .buffer_unordered(AT_ONCE)
        .fold(0, async |sum, one| sum + one)
        .await;
    Ok(settled)
}
