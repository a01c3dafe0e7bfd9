//! The seam to whoever moves the money.
//!
//! A provider is asked four things, each safe to ask again: to charge under an idempotency key, what
//! became of a key, to make sure that a key will never be charged, and to give a charge back. The
//! third is what lets a purchase be given up without the fear that a charge still under way comes
//! through afterwards.
//!
//! A card processor fits behind it as it is; docs/decisions/0009-a-seam-for-payments.md has the
//! details:
//!
//! | here | there |
//! |---|---|
//! | [`PaymentProvider::charge`] | create and confirm a payment intent, with the transaction's id as the `Idempotency-Key` and in the metadata |
//! | [`PaymentProvider::lookup`] | search intents by that metadata |
//! | [`PaymentProvider::cancel`] | cancel the intent; one that has succeeded cannot be cancelled, and says so |
//! | [`PaymentProvider::refund`] | create a refund of the intent, under [`Refund::key`] |
//! | a webhook about a payment | `service::purchase::settle` with the [`ChargeStatus`] it tells of |
//! | a webhook about a refund | `service::refunds::settle` with the [`RefundStatus`] it tells of |
//!
//! Both ways of settling touch only what is not settled yet, so it does not matter whether the
//! answer, the webhook or the sweeper comes first, nor how often.

pub mod simulated;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use ids::TransactionId;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::domain::{Currency, Money};

/// How the buyer pays. `DECLINED`, `TIMEOUT` and `LATE` are for trying out what can go wrong: a
/// payment that is declined, one that never happens and never gets an answer, and one that happens
/// but whose answer comes too late (its refund happens too, and answers only when asked again).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    CreditCard,
    Paypal,
    Wallet,
    Declined,
    Timeout,
    Late,
}

/// A payment to be made.
#[derive(Debug)]
pub struct Charge {
    /// The idempotency key: whatever is charged under it is charged once.
    pub key: TransactionId,
    pub amount: Money,
    pub currency: Currency,
    pub method: PaymentMethod,
}

/// What has become of a charge, for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeStatus {
    /// Paid; `reference` is the provider's own name for it.
    Charged { reference: String },
    /// Refused; `reason` is for the buyer.
    Declined { reason: String },
    /// Not paid, and never will be.
    Cancelled,
}

/// A charge to be given back, whole.
#[derive(Debug)]
pub struct Refund {
    /// What the charge was made under.
    pub charge: TransactionId,
    /// The provider's own name for the charge.
    pub charge_reference: String,
    pub amount: Money,
    pub currency: Currency,
    /// How the charge was paid.
    pub method: PaymentMethod,
}

impl Refund {
    /// The idempotency key: whatever is given back under it is given back once.
    pub fn key(&self) -> String {
        format!("refund-{}", self.charge)
    }
}

/// What has become of a refund, for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// Given back; `reference` is the provider's own name for it.
    Refunded { reference: String },
    /// It cannot be given back; `reason` is for the seller.
    Refused { reason: String },
}

/// The provider's answer is not known: what it was asked for may have happened or not.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error("the payment provider did not answer within {0:?}")]
    TimedOut(Duration),
    #[error("the payment provider cannot be asked: {0}")]
    Away(#[source] anyhow::Error),
}

/// Whoever moves the money.
pub trait PaymentProvider: Send + Sync {
    /// Charges once for each key; asked again, tells what became of the first.
    fn charge<'a>(
        &'a self,
        charge: &'a Charge,
    ) -> BoxFuture<'a, Result<ChargeStatus, PaymentError>>;

    /// What became of a key; `None` when the provider has not heard of it (yet).
    fn lookup(
        &self,
        key: TransactionId,
    ) -> BoxFuture<'_, Result<Option<ChargeStatus>, PaymentError>>;

    /// Makes sure that the key is not charged from now on, and tells what it has come to: it may
    /// have been charged before.
    fn cancel(&self, key: TransactionId) -> BoxFuture<'_, Result<ChargeStatus, PaymentError>>;

    /// Gives a charge back, once for each key; asked again, tells what became of the first.
    fn refund<'a>(
        &'a self,
        refund: &'a Refund,
    ) -> BoxFuture<'a, Result<RefundStatus, PaymentError>>;
}

/// A provider with a deadline on everything it is asked.
#[derive(Clone)]
pub struct Payments {
    provider: Arc<dyn PaymentProvider>,
    deadline: Duration,
}

impl Payments {
    pub fn new(provider: Arc<dyn PaymentProvider>, deadline: Duration) -> Self {
        Self { provider, deadline }
    }

    pub async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, PaymentError> {
        self.in_time(self.provider.charge(charge)).await
    }

    /// What a charge has come to, which is then final: one that has not happened is cancelled.
    pub async fn conclude(&self, key: TransactionId) -> Result<ChargeStatus, PaymentError> {
        match self.in_time(self.provider.lookup(key)).await? {
            Some(status) => Ok(status),
            None => self.in_time(self.provider.cancel(key)).await,
        }
    }

    pub async fn refund(&self, refund: &Refund) -> Result<RefundStatus, PaymentError> {
        self.in_time(self.provider.refund(refund)).await
    }

    async fn in_time<T>(
        &self,
        answer: BoxFuture<'_, Result<T, PaymentError>>,
    ) -> Result<T, PaymentError> {
        timeout(self.deadline, answer)
            .await
            .unwrap_or_else(|_| Err(PaymentError::TimedOut(self.deadline)))
    }
}
