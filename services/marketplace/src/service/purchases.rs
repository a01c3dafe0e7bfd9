//! Purchases: a saga that can be killed at any instruction.
//!
//! 1. **Reserve**: the purchase is written as PENDING, before any charge, together with the client's
//!    idempotency key. From here on this buyer cannot begin a second purchase of the same licence,
//!    nor one under the same key.
//! 2. **Charge** at the provider, with the transaction's id as the idempotency key.
//! 3. **Settle** ([`settlement`]): COMPLETED with its licence, or FAILED, together with the response
//!    that the key gives from now on and the message to the prompt service, in one database
//!    transaction.
//!
//! A crash, a lost connection or a provider that does not answer leaves the purchase PENDING. A job
//! then looks the charge up, cancels it if it has no outcome, and settles accordingly. Settling changes
//! only what is still PENDING, so two that settle the same purchase do it once.

use std::fmt::Display;

use auth::Identity;
use idempotency::{Error as KeyError, IdempotencyKey};
use ids::{ListingId, TransactionId};
use metrics::counter;

use super::{
    prompt_sync, purchase_idempotency,
    settlement::{self, Settlement},
};
use crate::{
    clients::payments::Charge,
    domain::{
        KeyedRequest, LicenseType, Money, NewTransaction, PaymentMethod, Purchase, PurchaseReceipt,
        SyncSubject, TransactionStatus,
    },
    error::ServiceError,
    repo::{licenses, listings, purchase_keys, transactions},
    state::AppState,
};

/// A buyer's request for a licence.
#[derive(Debug)]
pub struct Order {
    pub listing_id: ListingId,
    pub license_type: LicenseType,
    pub payment_method: PaymentMethod,
    /// The amount that the buyer expects to pay; `None` accepts any.
    pub expected_amount: Option<Money>,
}

impl Order {
    /// Pairs the key with a digest that is the same for every spelling of the order.
    fn keyed(&self, key: IdempotencyKey) -> KeyedRequest {
        let Self { listing_id, license_type, payment_method, expected_amount } = self;
        let mut order = format!("{listing_id} {license_type:?} {payment_method:?}");
        if let Some(amount) = expected_amount {
            order += &format!(" {}", amount.decimal().normalize());
        }
        KeyedRequest::new(key, &order)
    }
}

/// Buys a licence; a repeated order under the same key gets the first response.
pub async fn purchase(
    state: &AppState,
    buyer: &Identity,
    order: Order,
    key: Option<IdempotencyKey>,
) -> Result<PurchaseReceipt, ServiceError> {
    let request = key.map(|key| order.keyed(key));
    let first = purchase_idempotency::find_response(state, buyer.id, request.as_ref()).await?;
    if let Some(response) = first {
        return response;
    }
    let pending = match reserve(state, buyer, order, request.as_ref()).await? {
        Reservation::New(pending) => pending,
        Reservation::Repeated(response) => return response,
    };
    // Goes on without its client, which finds the purchase settled when it asks again.
    let task_state = state.clone();
    let work = async move { charge_and_settle(&task_state, pending).await };
    state.tasks.run("purchase", work).await.map_err(anyhow::Error::from)?
}

enum Reservation {
    New(NewTransaction),
    /// The response to the same request, which came first.
    Repeated(Result<PurchaseReceipt, ServiceError>),
}

async fn reserve(
    state: &AppState,
    buyer: &Identity,
    order: Order,
    request: Option<&KeyedRequest>,
) -> Result<Reservation, ServiceError> {
    let listing = listings::find(&state.pool, order.listing_id)
        .await?
        .ok_or(ServiceError::ListingNotFound)?;
    let amount = listing.price_for(buyer.id, order.license_type)?;
    // Compares with the amount that is reserved and charged: no price change can come between.
    if order.expected_amount.is_some_and(|expected| expected != amount) {
        let now = amount.amount(&listing.currency);
        return Err(ServiceError::PriceChanged { now, currency: listing.currency });
    }
    let new = NewTransaction {
        id: TransactionId::new(),
        listing_id: listing.id,
        prompt_id: listing.prompt_id,
        prompt_version: listing.prompt_version,
        buyer_id: buyer.id,
        seller_id: listing.seller_id,
        license_type: order.license_type,
        amount,
        platform_fee: state.platform_fee.of(amount, &listing.currency),
        currency: listing.currency,
        payment_method: order.payment_method,
    };
    match insert(state, &new, request).await {
        Ok(()) => Ok(Reservation::New(new)),
        Err(ServiceError::Key(KeyError::InUse) | ServiceError::PurchaseInProgress) => {
            match purchase_idempotency::find_response(state, buyer.id, request).await? {
                Some(response) => Ok(Reservation::Repeated(response)),
                None => Err(find_conflict(state, &new).await?),
            }
        }
        Err(error) => Err(error),
    }
}

async fn insert(
    state: &AppState,
    new: &NewTransaction,
    request: Option<&KeyedRequest>,
) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    licenses::expire(&mut tx, new.buyer_id, new.prompt_id, new.license_type).await?;
    transactions::insert(&mut tx, new).await?;
    if let Some(request) = request {
        purchase_keys::insert(&mut tx, new.buyer_id, request, new.id).await?;
    }
    Ok(tx.commit().await?)
}

/// Returns the reason why a licence cannot be reserved a second time.
async fn find_conflict(
    state: &AppState,
    new: &NewTransaction,
) -> Result<ServiceError, ServiceError> {
    let (buyer, prompt, license_type) = (new.buyer_id, new.prompt_id, new.license_type);
    let first = transactions::find_reservation(&state.pool, buyer, prompt, license_type).await?;
    Ok(match first {
        Some(TransactionStatus::Completed) => ServiceError::AlreadyLicensed,
        _ => ServiceError::PurchaseInProgress,
    })
}

async fn charge_and_settle(
    state: &AppState,
    pending: NewTransaction,
) -> Result<PurchaseReceipt, ServiceError> {
    let id = pending.id;
    let charge = Charge {
        key: id,
        amount: pending.amount,
        currency: pending.currency,
        method: pending.payment_method,
    };
    let left_pending = |error: &dyn Display| {
        tracing::warn!(transaction = %id, "{error}; left pending");
        counter!("purchases_total", "outcome" => "pending").increment(1);
        ServiceError::PaymentPending {
            transaction: id,
            settled_in: state.settle_after + state.settle_every,
        }
    };
    let status = state.payments.charge(&charge).await.map_err(|error| left_pending(&error))?;
    // Charged or not, the buyer must learn that the purchase is under way.
    match settlement::settle(state, id, &status).await.map_err(|error| left_pending(&error))? {
        Some(Settlement::Completed { body, license }) => {
            prompt_sync::push_now(state, SyncSubject::License(license, pending.prompt_id)).await;
            Ok(PurchaseReceipt { transaction: id, body })
        }
        Some(Settlement::Failed { reason }) => {
            Err(ServiceError::PaymentDeclined { transaction: id, reason })
        }
        None => find_settled(state, id).await,
    }
}

/// Returns the response to a purchase that the job, or a webhook, settled first.
async fn find_settled(
    state: &AppState,
    id: TransactionId,
) -> Result<PurchaseReceipt, ServiceError> {
    if let Some(body) = purchase_keys::find_body(&state.pool, id).await? {
        return Ok(PurchaseReceipt { transaction: id, body });
    }
    let transaction =
        transactions::find(&state.pool, id).await?.ok_or(ServiceError::TransactionNotFound)?;
    if let Some(reason) = transaction.failure_reason {
        return Err(ServiceError::PaymentDeclined { transaction: id, reason });
    }
    let license = licenses::list_by_transactions(&state.pool, &[id]).await?.pop();
    let body = settlement::write_body(state, Purchase { transaction, license })?;
    Ok(PurchaseReceipt { transaction: id, body })
}
