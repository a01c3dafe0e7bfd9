//! A payment provider that moves no money. It stands for another company's system: it keeps tables of
//! its own and never shares a database transaction with the service, so that whatever can separate
//! the two systems can separate them here.

use std::future::pending;

use futures_util::future::BoxFuture;
use ids::TransactionId;
use sqlx::{PgPool, query, query_scalar};

use super::{Charge, ChargeStatus, PaymentError, PaymentProvider, Refund, RefundStatus};
use crate::domain::PaymentMethod;

/// A provider that charges, declines or does not answer, depending on the payment method.
pub struct SimulatedProvider {
    pool: PgPool,
}

/// The status of a row of `simulated_charges`.
#[derive(Clone, Copy, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChargeEntry {
    Charged,
    Declined,
    Cancelled,
}

impl ChargeEntry {
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

    /// Inserts a charge, unless its key has one, and returns the status of the first.
    async fn insert_charge(
        &self,
        charge: &Charge,
        entry: ChargeEntry,
    ) -> Result<ChargeStatus, PaymentError> {
        let first = query_scalar!(
            "insert into simulated_charges (idempotency_key, status, amount, currency)
             values ($1, $2, $3, $4)
             on conflict (idempotency_key) do update set status = simulated_charges.status
             returning status",
            charge.key.0,
            entry as ChargeEntry,
            charge.amount.decimal(),
            charge.currency.as_str(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(first.status(charge.key))
    }

    /// Inserts the refund of a charge, unless there is one; returns whether it did.
    ///
    /// `on conflict` names no constraint: a charge's refund is unique by two, and the second of two
    /// concurrent inserts may violate the one that is not named.
    async fn insert_refund(&self, refund: &Refund) -> Result<bool, PaymentError> {
        let inserted = query!(
            "insert into simulated_refunds (idempotency_key, charge_key, amount, currency)
             select $1, idempotency_key, $3, $4 from simulated_charges
             where 'sim_' || replace(idempotency_key::text, '-', '') = $2
               and status = 'CHARGED' and amount = $3 and currency = $4 and idempotency_key = $5
             on conflict do nothing",
            refund.key(),
            refund.charge_reference,
            refund.amount.decimal(),
            refund.currency.as_str(),
            refund.charge.0,
        )
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(inserted.rows_affected() == 1)
    }

    async fn is_refunded(&self, refund: &Refund) -> Result<bool, PaymentError> {
        query_scalar!(
            r#"select exists (select from simulated_refunds where idempotency_key = $1) as "it!""#,
            refund.key(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(unavailable)
    }
}

fn unavailable(error: sqlx::Error) -> PaymentError {
    PaymentError::Unavailable(error.into())
}

impl PaymentProvider for SimulatedProvider {
    fn charge<'a>(
        &'a self,
        charge: &'a Charge,
    ) -> BoxFuture<'a, Result<ChargeStatus, PaymentError>> {
        Box::pin(async move {
            match charge.method {
                PaymentMethod::CreditCard | PaymentMethod::Paypal | PaymentMethod::Wallet => {
                    self.insert_charge(charge, ChargeEntry::Charged).await
                }
                PaymentMethod::Declined => self.insert_charge(charge, ChargeEntry::Declined).await,
                PaymentMethod::Timeout => pending().await,
                PaymentMethod::Late => {
                    self.insert_charge(charge, ChargeEntry::Charged).await?;
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
            .map_err(unavailable)?;
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
            .map_err(unavailable)?;
            Ok(first.status(key))
        })
    }

    fn refund<'a>(
        &'a self,
        refund: &'a Refund,
    ) -> BoxFuture<'a, Result<RefundStatus, PaymentError>> {
        Box::pin(async move {
            let inserted = self.insert_refund(refund).await?;
            if inserted && refund.method == PaymentMethod::Late {
                return pending().await;
            }
            if inserted || self.is_refunded(refund).await? {
                let reference = format!("sim_re_{}", refund.charge.0.simple());
                return Ok(RefundStatus::Refunded { reference });
            }
            Ok(RefundStatus::Refused { reason: "there was no such charge".to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::domain::Currency;

    fn charge(key: TransactionId, method: PaymentMethod) -> Charge {
        // Money is made only from JSON or from a column.
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
        // The cancellation comes too late.
        assert_eq!(provider.cancel(key).await.unwrap(), first);
        let rows: i64 = sqlx::query_scalar("select count(*) from simulated_charges")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(rows, 1);
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

    fn refund(charge: &Charge) -> Refund {
        Refund {
            charge: charge.key,
            charge_reference: format!("sim_{}", charge.key.0.simple()),
            amount: charge.amount,
            currency: charge.currency.clone(),
            method: charge.method,
        }
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_charge_is_given_back_once_however_often_it_is_asked(pool: PgPool) {
        let provider = SimulatedProvider::new(pool.clone());
        let charge = charge(TransactionId::new(), PaymentMethod::Wallet);
        provider.charge(&charge).await.unwrap();
        let first = provider.refund(&refund(&charge)).await.unwrap();
        assert!(matches!(first, RefundStatus::Refunded { .. }));
        assert_eq!(provider.refund(&refund(&charge)).await.unwrap(), first);
        let rows: i64 = sqlx::query_scalar(
            "select count(*) from simulated_refunds where amount = 19.99 and charge_key = $1",
        )
        .bind(charge.key)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(rows, 1);
    }

    /// Two unique constraints allow one refund of a charge, and a second insert may violate either.
    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_charge_is_given_back_once_to_many_who_ask_at_once(pool: PgPool) {
        let provider = SimulatedProvider::new(pool.clone());
        for _ in 0..500 {
            let charge = charge(TransactionId::new(), PaymentMethod::Wallet);
            provider.charge(&charge).await.unwrap();
            let refund = refund(&charge);
            for answer in join_all((0..20).map(|_| provider.refund(&refund))).await {
                assert!(matches!(answer.unwrap(), RefundStatus::Refunded { .. }));
            }
        }
        let rows: i64 = sqlx::query_scalar("select count(*) from simulated_refunds")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(rows, 500);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn what_was_not_charged_is_not_given_back(pool: PgPool) {
        let provider = SimulatedProvider::new(pool.clone());
        let declined = charge(TransactionId::new(), PaymentMethod::Declined);
        provider.charge(&declined).await.unwrap();
        for charge in [declined, charge(TransactionId::new(), PaymentMethod::Wallet)] {
            let answer = provider.refund(&refund(&charge)).await.unwrap();
            assert!(matches!(answer, RefundStatus::Refused { .. }));
        }
    }
}
