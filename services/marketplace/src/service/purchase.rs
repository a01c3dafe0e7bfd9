//! Buying: a small saga that may be killed at any instruction.
//!
//! 1. **Reserve**: the purchase is written as PENDING, before anyone is charged. From here on no
//!    second purchase of the same licence by this buyer can begin.
//! 2. **Charge** with the provider, under the transaction's id as the idempotency key.
//! 3. **Settle**: COMPLETED with its licence, or FAILED, in one database transaction.
//!
//! Whatever comes between (a crash, a lost connection, a provider that keeps silent) leaves the
//! purchase PENDING. The sweeper then asks the provider what became of the charge, cancels it if
//! nothing has, and settles accordingly. Settling touches only what is still PENDING, so two who
//! settle the same purchase do it once.

use auth::Identity;
use futures_util::{StreamExt, stream};
use ids::{LicenseId, ListingId, TransactionId};

use super::transactions::{self, Purchase};
use crate::{
    domain::{LicenseKey, LicenseType, NewTransaction, TransactionStatus},
    error::ServiceError,
    payments::{Charge, ChargeStatus, PaymentMethod},
    repo::{self, listings},
    state::AppState,
};

/// What a buyer asks for.
#[derive(Debug)]
pub struct Order {
    pub listing_id: ListingId,
    pub license_type: LicenseType,
    pub payment_method: PaymentMethod,
}

/// Buys a licence.
pub async fn purchase(
    state: &AppState,
    buyer: &Identity,
    order: Order,
) -> Result<Purchase, ServiceError> {
    let pending = reserve(state, buyer, order).await?;
    let id = pending.id;
    let charge = Charge {
        key: id,
        amount: pending.amount,
        currency: pending.currency,
        method: pending.payment_method,
    };
    let status = state.payments.charge(&charge).await.map_err(|error| {
        tracing::warn!(transaction = %id, "{error}; left pending");
        ServiceError::PaymentPending {
            transaction: id,
            settled_in: state.settle_after + state.settle_every,
        }
    })?;
    settle(state, id, &status).await?;
    match status {
        ChargeStatus::Charged { .. } => transactions::find(state, id, buyer).await,
        ChargeStatus::Declined { reason } => {
            Err(ServiceError::PaymentDeclined { transaction: id, reason })
        }
        ChargeStatus::Cancelled => Err(ServiceError::PaymentDeclined {
            transaction: id,
            reason: NEVER_HAPPENED.to_owned(),
        }),
    }
}

const NEVER_HAPPENED: &str = "the payment provider did not carry it out in time";

async fn reserve(
    state: &AppState,
    buyer: &Identity,
    order: Order,
) -> Result<NewTransaction, ServiceError> {
    let listing = listings::find(&state.pool, order.listing_id)
        .await?
        .ok_or(ServiceError::ListingNotFound)?;
    let amount = listing.price_for(buyer.id, order.license_type)?;
    let new = NewTransaction {
        id: TransactionId::new(),
        listing_id: listing.id,
        prompt_id: listing.prompt_id,
        prompt_version: listing.prompt_version,
        buyer_id: buyer.id,
        seller_id: listing.seller_id,
        license_type: order.license_type,
        amount,
        platform_fee: state.platform_fee.of(amount),
        currency: listing.currency,
        payment_method: order.payment_method,
    };
    match insert(state, &new).await {
        Ok(()) => Ok(new),
        Err(ServiceError::PurchaseInProgress) => Err(taken(state, &new).await?),
        Err(error) => Err(error),
    }
}

async fn insert(state: &AppState, new: &NewTransaction) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    repo::transactions::lapse(&mut tx, new.buyer_id, new.prompt_id, new.license_type).await?;
    repo::transactions::insert(&mut tx, new).await?;
    Ok(tx.commit().await?)
}

/// Why there can be no second purchase.
async fn taken(state: &AppState, new: &NewTransaction) -> Result<ServiceError, ServiceError> {
    let first =
        repo::transactions::reservation(&state.pool, new.buyer_id, new.prompt_id, new.license_type)
            .await?;
    Ok(match first {
        Some(TransactionStatus::Completed) => ServiceError::AlreadyLicensed,
        _ => ServiceError::PurchaseInProgress,
    })
}

/// Writes what has become of the charge, if that is not written yet.
async fn settle(
    state: &AppState,
    id: TransactionId,
    status: &ChargeStatus,
) -> Result<(), ServiceError> {
    let pool = &state.pool;
    match status {
        ChargeStatus::Charged { reference } => {
            let key = LicenseKey::generate()?;
            repo::transactions::complete(pool, id, reference, LicenseId::new(), key.as_str())
                .await?;
        }
        ChargeStatus::Declined { reason } => repo::transactions::fail(pool, id, reason).await?,
        ChargeStatus::Cancelled => repo::transactions::fail(pool, id, NEVER_HAPPENED).await?,
    }
    Ok(())
}

/// How many overdue purchases are settled in one round, and at once.
const ROUND: i64 = 500;
const AT_ONCE: usize = 4;

/// Settles purchases that have been pending for too long, and tells how many it could. One that
/// cannot be settled does not hold up the others; it is tried again in the next round.
pub async fn settle_overdue(state: &AppState) -> Result<usize, ServiceError> {
    let overdue = repo::transactions::overdue(&state.pool, state.settle_after, ROUND).await?;
    let settled = stream::iter(overdue)
        .map(|id| async move {
            match conclude(state, id).await {
                Ok(()) => 1,
                Err(error) => {
                    tracing::warn!(transaction = %id, "cannot settle: {error:#}");
                    0
                }
            }
        })
        .buffer_unordered(AT_ONCE)
        .fold(0, async |sum, one| sum + one)
        .await;
    Ok(settled)
}

async fn conclude(state: &AppState, id: TransactionId) -> Result<(), ServiceError> {
    let status = state.payments.conclude(id).await.map_err(anyhow::Error::from)?;
    settle(state, id, &status).await
}
