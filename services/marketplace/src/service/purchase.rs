//! Buying: a small saga that may be killed at any instruction.
//!
//! 1. **Reserve**: the purchase is written as PENDING, before anyone is charged, together with the
//!    client's idempotency key. From here on no second purchase of the same licence by this buyer
//!    can begin, nor one under the same key.
//! 2. **Charge** with the provider, under the transaction's id as the idempotency key.
//! 3. **Settle** ([`settle`]): COMPLETED with its licence, or FAILED, with the answer that the key
//!    gives from now on, and what the prompt service has to be told, in one database transaction.
//!
//! Whatever comes between (a crash, a lost connection, a provider that keeps silent) leaves the
//! purchase PENDING. The sweeper then asks the provider what became of the charge, cancels it if
//! nothing has, and settles accordingly. Settling touches only what is still PENDING, so two who
//! settle the same purchase do it once.

use std::fmt::Display;

use auth::Identity;
use futures_util::{StreamExt, stream};
use http_kit::context::RequestContext;
use idempotency::{Error as KeyError, IdempotencyKey};
use ids::{LicenseId, ListingId, TransactionId};
use metrics::counter;
use tracing::Instrument;

use super::{answers, steps, transactions::Purchase};
use crate::{
    domain::{
        KeyedRequest, LicenseKey, LicenseType, Money, NewTransaction, Subject, TransactionStatus,
    },
    error::ServiceError,
    payments::{Charge, ChargeStatus, PaymentMethod},
    repo::{self, keys, listings},
    routes::views,
    state::AppState,
};

/// What a buyer asks for.
#[derive(Debug)]
pub struct Order {
    pub listing_id: ListingId,
    pub license_type: LicenseType,
    pub payment_method: PaymentMethod,
    /// What the buyer expects to be charged; no matter when not given.
    pub expected_amount: Option<Money>,
}

impl Order {
    /// Beside its key; the same for every way to write it.
    fn keyed(&self, key: IdempotencyKey) -> KeyedRequest {
        let Self { listing_id, license_type, payment_method, expected_amount } = self;
        let mut order = format!("{listing_id} {license_type:?} {payment_method:?}");
        if let Some(amount) = expected_amount {
            order += &format!(" {}", amount.decimal().normalize());
        }
        KeyedRequest::new(key, &order)
    }
}

/// What a purchase that was paid is answered with: the text itself, since a key gives the same one
/// again, whatever has become of the purchase by then.
#[derive(Debug)]
pub struct Bought {
    pub transaction: TransactionId,
    pub body: String,
}

/// Buys a licence; under a key, once.
pub async fn purchase(
    state: &AppState,
    buyer: &Identity,
    order: Order,
    key: Option<IdempotencyKey>,
) -> Result<Bought, ServiceError> {
    let keyed = key.map(|key| order.keyed(key));
    if let Some(answer) = answers::find(state, buyer.id, keyed.as_ref()).await? {
        return answer;
    }
    let pending = match reserve(state, buyer, order, keyed.as_ref()).await? {
        Reserved::Now(pending) => pending,
        Reserved::Before(answer) => return answer,
    };
    // Goes on when the client has gone: who asks again soon finds it settled.
    let (context, state) = (RequestContext::current(), state.clone());
    let work = async move { carry_out(&state, pending).await };
    tokio::spawn(
        async move {
            match context {
                Some(context) => context.scope(work).await,
                None => work.await,
            }
        }
        .in_current_span(),
    )
    .await
    .map_err(anyhow::Error::from)?
}

enum Reserved {
    Now(NewTransaction),
    /// The same request was quicker, this is its answer.
    Before(Result<Bought, ServiceError>),
}

async fn reserve(
    state: &AppState,
    buyer: &Identity,
    order: Order,
    keyed: Option<&KeyedRequest>,
) -> Result<Reserved, ServiceError> {
    let listing = listings::find(&state.pool, order.listing_id)
        .await?
        .ok_or(ServiceError::ListingNotFound)?;
    let amount = listing.price_for(buyer.id, order.license_type)?;
    // Compared with the very amount that is reserved, and charged: no later price can come between.
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
    match insert(state, &new, keyed).await {
        Ok(()) => Ok(Reserved::Now(new)),
        Err(ServiceError::Key(KeyError::InUse) | ServiceError::PurchaseInProgress) => {
            match answers::find(state, buyer.id, keyed).await? {
                Some(answer) => Ok(Reserved::Before(answer)),
                None => Err(taken(state, &new).await?),
            }
        }
        Err(error) => Err(error),
    }
}

async fn insert(
    state: &AppState,
    new: &NewTransaction,
    keyed: Option<&KeyedRequest>,
) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    repo::transactions::lapse(&mut tx, new.buyer_id, new.prompt_id, new.license_type).await?;
    repo::transactions::insert(&mut tx, new).await?;
    if let Some(keyed) = keyed {
        keys::insert(&mut tx, new.buyer_id, keyed, new.id).await?;
    }
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

async fn carry_out(state: &AppState, pending: NewTransaction) -> Result<Bought, ServiceError> {
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
    // Charged or not, the buyer must learn that this one is under way.
    match settle(state, id, &status).await.map_err(|error| left_pending(&error))? {
        Some(Settled::Completed { body, license }) => {
            steps::tell_now(state, Subject::License(license, pending.prompt_id)).await;
            Ok(Bought { transaction: id, body })
        }
        Some(Settled::Failed { reason }) => {
            Err(ServiceError::PaymentDeclined { transaction: id, reason })
        }
        None => settled_by_another(state, id).await,
    }
}

/// The sweeper, or a word from the provider, was quicker.
async fn settled_by_another(state: &AppState, id: TransactionId) -> Result<Bought, ServiceError> {
    if let Some(body) = keys::body_of(&state.pool, id).await? {
        return Ok(Bought { transaction: id, body });
    }
    let transaction = repo::transactions::find(&state.pool, id)
        .await?
        .ok_or(ServiceError::TransactionNotFound)?;
    if let Some(reason) = transaction.failure_reason {
        return Err(ServiceError::PaymentDeclined { transaction: id, reason });
    }
    let license = repo::licenses::of_transactions(&state.pool, &[id]).await?.pop();
    let body = views::purchased(Purchase { transaction, license })?;
    Ok(Bought { transaction: id, body })
}

const NEVER_HAPPENED: &str = "the payment provider did not carry it out in time";

/// What settling has made of a purchase.
#[derive(Debug)]
pub enum Settled {
    Completed { body: String, license: LicenseId },
    Failed { reason: String },
}

/// Writes what has become of the charge; `None` when that is written already.
///
/// Whoever learns it may call this, in any order and as often as they like: the request that made
/// the charge, the sweeper, and what a real provider would call when it is done.
pub async fn settle(
    state: &AppState,
    id: TransactionId,
    status: &ChargeStatus,
) -> Result<Option<Settled>, ServiceError> {
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
) -> Result<Option<Settled>, ServiceError> {
    let key = LicenseKey::generate()?;
    let mut tx = state.pool.begin().await?;
    let given =
        repo::transactions::give_license(&mut tx, id, LicenseId::new(), key.as_str()).await?;
    let Some(license) = given else { return Ok(None) };
    let transaction = repo::transactions::complete(&mut tx, &license, charge_reference).await?;
    let (license_id, listing_id) = (license.id, transaction.listing_id);
    let subject = Subject::License(license_id, transaction.prompt_id);
    repo::steps::add(&mut tx, subject, state.steps.retry).await?;
    let body = views::purchased(Purchase { transaction, license: Some(license) })?;
    keys::answer(&mut tx, id, 201, Some(&body)).await?;
    repo::transactions::count_sale(&mut tx, listing_id, 1).await?;
    tx.commit().await?;
    counter!("purchases_total", "outcome" => "completed").increment(1);
    Ok(Some(Settled::Completed { body, license: license_id }))
}

async fn fail(
    state: &AppState,
    id: TransactionId,
    reason: &str,
    outcome: &'static str,
) -> Result<Option<Settled>, ServiceError> {
    let mut tx = state.pool.begin().await?;
    if !repo::transactions::fail(&mut tx, id, reason).await? {
        return Ok(None);
    }
    keys::answer(&mut tx, id, 402, None).await?;
    tx.commit().await?;
    counter!("purchases_total", "outcome" => outcome).increment(1);
    Ok(Some(Settled::Failed { reason: reason.to_owned() }))
}

/// How many overdue purchases, or refunds, are settled in one round, and at once.
pub(super) const ROUND: i64 = 500;
pub(super) const AT_ONCE: usize = 4;

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
    settle(state, id, &status).await?;
    Ok(())
}
