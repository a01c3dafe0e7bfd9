//! A payment provider that moves no money. It stands for another company's system: it keeps books
//! of its own and never shares a transaction with ours, so that everything that can come between
//! the two can come between them here.

use std::future::pending;

use futures_util::future::BoxFuture;
use ids::TransactionId;
use sqlx::{PgPool, query_scalar};

use super::{Charge, ChargeStatus, PaymentError, PaymentMethod, PaymentProvider};

/// Charges, declines or keeps silent, as the payment method says.
pub struct SimulatedProvider {
    pool: PgPool,
}

/// A line of the books.
#[derive(Clone, Copy, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Entry {
    Charged,
    Declined,
    Cancelled,
}

impl Entry {
    fn status(self, key: TransactionId) -> ChargeStatus {
        match self {
            Self::Charged => ChargeStatus::Charged { reference: format!("sim_{}", key.0.simple()) },
            Self::Declined => ChargeStatus::Declined { reason: "the card was refused".to_owned() },
            Self::Cancelled => ChargeStatus::Cancelled,
        }
    }
}

impl SimulatedProvider {
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Enters a line, unless there is one under this key; the first one counts.
    async fn enter(&self, charge: &Charge, entry: Entry) -> Result<ChargeStatus, PaymentError> {
        let first = query_scalar!(
            "insert into simulated_charges (idempotency_key, status, amount, currency)
             values ($1, $2, $3, $4)
             on conflict (idempotency_key) do update set status = simulated_charges.status
             returning status",
            charge.key.0,
            entry as Entry,
            charge.amount.decimal(),
            charge.currency.as_str(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(away)?;
        Ok(first.status(charge.key))
    }
}

fn away(error: sqlx::Error) -> PaymentError {
    PaymentError::Away(error.into())
}

impl PaymentProvider for SimulatedProvider {
    fn charge<'a>(
        &'a self,
        charge: &'a Charge,
    ) -> BoxFuture<'a, Result<ChargeStatus, PaymentError>> {
        Box::pin(async move {
            match charge.method {
                PaymentMethod::CreditCard | PaymentMethod::Paypal | PaymentMethod::Wallet => {
                    self.enter(charge, Entry::Charged).await
                }
                PaymentMethod::Declined => self.enter(charge, Entry::Declined).await,
                PaymentMethod::Timeout => pending().await,
                PaymentMethod::Late => {
                    self.enter(charge, Entry::Charged).await?;
                    pending().await
                }
            }
        })
    }

    fn lookup(
        &self,
        key: TransactionId,
    ) -> BoxFuture<'_, Result<Option<ChargeStatus>, PaymentError>> {
        Box::pin(async move {
            let entry = query_scalar!(
                "select status from simulated_charges where idempotency_key = $1",
                key.0,
            )
            .fetch_optional(&self.pool)
            .await
            .map_err(away)?;
            Ok(entry.map(|entry| entry.status(key)))
        })
    }

    fn cancel(&self, key: TransactionId) -> BoxFuture<'_, Result<ChargeStatus, PaymentError>> {
        Box::pin(async move {
            let first = query_scalar!(
                "insert into simulated_charges (idempotency_key, status) values ($1, 'CANCELLED')
                 on conflict (idempotency_key) do update set status = simulated_charges.status
                 returning status",
                key.0,
            )
            .fetch_one(&self.pool)
            .await
            .map_err(away)?;
            Ok(first.status(key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn charge(key: TransactionId, method: PaymentMethod) -> Charge {
        // Money is only ever made from JSON or a column.
        let amount = serde_json::from_str("19.99").unwrap();
        Charge { key, amount, currency: Currency::default(), method }
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_key_is_charged_once_however_often_it_is_asked(pool: PgPool) {
        let provider = SimulatedProvider::new(pool.clone());
        let key = TransactionId::new();
        let first = provider.charge(&charge(key, PaymentMethod::Wallet)).await.unwrap();
        assert!(matches!(first, ChargeStatus::Charged { .. }));
        let again = provider.charge(&charge(key, PaymentMethod::Declined)).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(provider.lookup(key).await.unwrap(), Some(first.clone()));
        // Too late to cancel.
        assert_eq!(provider.cancel(key).await.unwrap(), first);
        let lines: i64 = sqlx::query_scalar("select count(*) from simulated_charges")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(lines, 1);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_charge_that_comes_after_its_cancellation_does_not_happen(pool: PgPool) {
        let provider = SimulatedProvider::new(pool);
        let key = TransactionId::new();
        assert_eq!(provider.lookup(key).await.unwrap(), None);
        assert_eq!(provider.cancel(key).await.unwrap(), ChargeStatus::Cancelled);
        let late = provider.charge(&charge(key, PaymentMethod::CreditCard)).await.unwrap();
        assert_eq!(late, ChargeStatus::Cancelled);
    }
}
