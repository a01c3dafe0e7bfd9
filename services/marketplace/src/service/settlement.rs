//! Settles pending purchases. The request that made the charge, the job, and a provider's webhook may
//! each call [`settle`], in any order and more than once.

use ids::{LicenseId, TransactionId};
use metrics::counter;

use super::batch;
use crate::{
    clients::payments::ChargeStatus,
    domain::{LicenseKey, Purchase, SyncSubject},
    error::ServiceError,
    repo::{licenses, listings, prompt_sync, purchase_keys, transactions},
    state::AppState,
};

/// The failure reason of a cancelled charge.
const NEVER_HAPPENED: &str = "the payment provider did not carry it out in time";

/// The new state of a purchase.
#[derive(Debug)]
pub enum Settlement {
    Completed { body: String, license: LicenseId },
    Failed { reason: String },
}

/// Settles a purchase with the outcome of its charge; `None` when it was settled before.
pub async fn settle(
    state: &AppState,
    id: TransactionId,
    status: &ChargeStatus,
) -> Result<Option<Settlement>, ServiceError> {
    match status {
        ChargeStatus::Charged { reference } => complete(state, id, reference).await,
        ChargeStatus::Declined { reason } => fail(state, id, reason, "declined").await,
        ChargeStatus::Cancelled => fail(state, id, NEVER_HAPPENED, "cancelled").await,
    }
}

async fn complete(
    state: &AppState,
    id: TransactionId,
    charge_reference: &str,
) -> Result<Option<Settlement>, ServiceError> {
    let key = LicenseKey::generate()?;
    let mut tx = state.pool.begin().await?;
    let license = licenses::insert_for_pending(&mut tx, id, LicenseId::new(), &key).await?;
    let Some(license) = license else { return Ok(None) };
    let transaction = transactions::complete(&mut tx, id, license.id, charge_reference).await?;
    let (license_id, listing_id) = (license.id, transaction.listing_id);
    let subject = SyncSubject::License(license_id, transaction.prompt_id);
    prompt_sync::enqueue(&mut tx, subject, state.sync_retry).await?;
    let body = write_body(state, Purchase { transaction, license: Some(license) })?;
    purchase_keys::set_response(&mut tx, id, 201, Some(&body)).await?;
    listings::add_sales(&mut tx, listing_id, 1).await?;
    tx.commit().await?;
    state.answer_cache.forget(listing_id);
    counter!("purchases_total", "outcome" => "completed").increment(1);
    Ok(Some(Settlement::Completed { body, license: license_id }))
}

async fn fail(
    state: &AppState,
    id: TransactionId,
    reason: &str,
    outcome: &'static str,
) -> Result<Option<Settlement>, ServiceError> {
    let mut tx = state.pool.begin().await?;
    if !transactions::fail(&mut tx, id, reason).await? {
        return Ok(None);
    }
    purchase_keys::set_response(&mut tx, id, 402, None).await?;
    tx.commit().await?;
    counter!("purchases_total", "outcome" => outcome).increment(1);
    Ok(Some(Settlement::Failed { reason: reason.to_owned() }))
}

/// Writes the response body of a purchase that was paid.
pub fn write_body(state: &AppState, purchase: Purchase) -> Result<String, ServiceError> {
    Ok((state.write_purchase)(purchase).map_err(anyhow::Error::from)?)
}

/// The number of purchases that one round settles, and how many of them at once.
const ROUND: i64 = 500;
const CONCURRENCY: usize = 4;

/// Settles purchases that have been pending for too long, and returns how many succeeded. The others
/// are tried again in the next round.
pub async fn settle_overdue(state: &AppState) -> Result<usize, ServiceError> {
    let overdue = transactions::list_overdue(&state.pool, state.settle_after, ROUND).await?;
    Ok(batch::count_successes(overdue, CONCURRENCY, |id| async move {
        look_up_and_settle(state, id)
            .await
            .inspect_err(|error| tracing::warn!(transaction = %id, "cannot settle: {error:#}"))
    })
    .await)
}

async fn look_up_and_settle(state: &AppState, id: TransactionId) -> Result<(), ServiceError> {
    let status = state.payments.lookup_or_cancel(id).await.map_err(anyhow::Error::from)?;
    settle(state, id, &status).await?;
    Ok(())
}
