//! The client of the payment provider, behind a trait that any provider can implement.
//!
//! A provider takes four calls, each safe to repeat: charge under an idempotency key, look a key up,
//! cancel a key so that it is never charged, and refund a charge. Cancelling lets a purchase fail
//! without the risk that a charge under way succeeds afterwards.
//!
//! A card processor fits the trait as it is; docs/decisions/0009-a-seam-for-payments.md has the
//! details:
//!
//! | here | there |
//! |---|---|
//! | [`PaymentProvider::charge`] | create and confirm a payment intent, with the transaction's id as the `Idempotency-Key` and in the metadata |
//! | [`PaymentProvider::lookup`] | search intents by that metadata |
//! | [`PaymentProvider::cancel`] | cancel the intent; one that has succeeded cannot be cancelled, and says so |
//! | [`PaymentProvider::refund`] | create a refund of the intent, under [`Refund::key`] |
//! | a webhook about a payment | `service::settlement::settle` with the [`ChargeStatus`] of the webhook |
//! | a webhook about a refund | `service::refunds::settle` with the [`RefundStatus`] of the webhook |
//!
//! Both change only what is not settled yet, so the answer, the webhook and the job may come in any
//! order and more than once.

pub mod simulated;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use ids::TransactionId;
use tokio::time::timeout;

use crate::domain::{Currency, Money, PaymentMethod};

/// A payment to be taken.
#[derive(Debug)]
pub struct Charge {
    /// The idempotency key: a provider charges it at most once.
    pub key: TransactionId,
    pub amount: Money,
    pub currency: Currency,
    pub method: PaymentMethod,
}

/// The final outcome of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeStatus {
    /// Paid; `reference` is the provider's own id of the charge.
    Charged { reference: String },
    /// Refused; `reason` is text for the buyer.
    Declined { reason: String },
    /// Not paid, now or later.
    Cancelled,
}

/// A refund of a whole charge.
#[derive(Debug)]
pub struct Refund {
    /// The idempotency key of the charge.
    pub charge: TransactionId,
    /// The provider's own id of the charge.
    pub charge_reference: String,
    pub amount: Money,
    pub currency: Currency,
    /// The payment method of the charge.
    pub method: PaymentMethod,
}

impl Refund {
    /// Returns the idempotency key: a provider refunds it at most once.
    pub fn key(&self) -> String {
        format!("refund-{}", self.charge)
    }
}

/// The final outcome of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// Paid back; `reference` is the provider's own id of the refund.
    Refunded { reference: String },
    /// Not refundable; `reason` is text for the seller.
    Refused { reason: String },
}

/// The lack of an answer: the provider may or may not have done what the call asked for.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error("the payment provider did not answer within {0:?}")]
    TimedOut(Duration),
    #[error("the payment provider cannot be asked: {0}")]
    Unavailable(#[source] anyhow::Error),
}

/// A company that moves money.
pub trait PaymentProvider: Send + Sync {
    /// Charges a key once; a repeated call returns the outcome of the first.
    fn charge<'a>(
        &'a self,
        charge: &'a Charge,
    ) -> BoxFuture<'a, Result<ChargeStatus, PaymentError>>;

    /// Returns the outcome of a key; `None` when the provider does not know the key (yet).
    fn lookup(
        &self,
        key: TransactionId,
    ) -> BoxFuture<'_, Result<Option<ChargeStatus>, PaymentError>>;

    /// Prevents any later charge of a key, and returns its outcome: it may have been charged before.
    fn cancel(&self, key: TransactionId) -> BoxFuture<'_, Result<ChargeStatus, PaymentError>>;

    /// Refunds a charge once; a repeated call returns the outcome of the first.
    fn refund<'a>(
        &'a self,
        refund: &'a Refund,
    ) -> BoxFuture<'a, Result<RefundStatus, PaymentError>>;
}

/// A payment provider with a deadline for each call.
#[derive(Clone)]
pub struct PaymentClient {
    provider: Arc<dyn PaymentProvider>,
    deadline: Duration,
}

impl PaymentClient {
    pub fn new(provider: Arc<dyn PaymentProvider>, deadline: Duration) -> Self {
        Self { provider, deadline }
    }

    pub async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, PaymentError> {
        self.with_deadline(self.provider.charge(charge)).await
    }

    /// Returns the outcome of a charge, and cancels the charge if it has none.
    pub async fn lookup_or_cancel(&self, key: TransactionId) -> Result<ChargeStatus, PaymentError> {
        match self.with_deadline(self.provider.lookup(key)).await? {
            Some(status) => Ok(status),
            None => self.with_deadline(self.provider.cancel(key)).await,
        }
    }

    pub async fn refund(&self, refund: &Refund) -> Result<RefundStatus, PaymentError> {
        self.with_deadline(self.provider.refund(refund)).await
    }

    async fn with_deadline<T>(
        &self,
        call: BoxFuture<'_, Result<T, PaymentError>>,
    ) -> Result<T, PaymentError> {
        timeout(self.deadline, call)
            .await
            .unwrap_or_else(|_| Err(PaymentError::TimedOut(self.deadline)))
    }
}
