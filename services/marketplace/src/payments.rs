//! The seam to whoever moves the money.
//!
//! A provider is asked three things, each safe to ask again: to charge under an idempotency key (a
//! card processor would create and confirm a payment intent), what became of a key, and to make
//! sure that a key will never be charged (cancel the intent). The last is what lets a purchase be
//! given up without the fear that a charge still under way comes through afterwards.

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
/// but whose answer comes too late.
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

/// The provider's answer is not known: the charge may have happened or not.
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

    async fn in_time<T>(
        &self,
        answer: BoxFuture<'_, Result<T, PaymentError>>,
    ) -> Result<T, PaymentError> {
        timeout(self.deadline, answer)
            .await
            .unwrap_or_else(|_| Err(PaymentError::TimedOut(self.deadline)))
    }
}
