//! A payment provider that moves no money. It stands for another company's system: it keeps books
//! of its own and never shares a transaction with ours, so that everything that can come between
//! the two can come between them here.

use std::future::pending;

use futures_util::future::BoxFuture;
use ids::TransactionId;
use sqlx::{PgPool, query, query_scalar};

use super::{
    Charge, ChargeStatus, PaymentError, PaymentMethod, PaymentProvider, Refund, RefundStatus,
};

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

    /// Enters a refund of what was charged, unless it is there; tells whether it was entered now.
    ///
    /// The conflict names no constraint: a charge's refund is unique by two, and of two inserts at
    /// once the second may fail at the one that is not named.
    async fn enter_refund(&self, refund: &Refund) -> Result<bool, PaymentError> {
        let entered = query!(
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
        .map_err(away)?;
        Ok(entered.rows_affected() == 1)
    }

    async fn is_refunded(&self, refund: &Refund) -> Result<bool, PaymentError> {
        query_scalar!(
            r#"select exists (select from simulated_refunds where idempotency_key = $1) as "it!""#,
            refund.key(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(away)
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

    fn refund<'a>(
        &'a self,
        refund: &'a Refund,
    ) -> BoxFuture<'a, Result<RefundStatus, PaymentError>> {
        Box::pin(async move {
            let entered = self.enter_refund(refund).await?;
            if entered && refund.method == PaymentMethod::Late {
                return pending().await;
            }
            if entered || self.is_refunded(refund).await? {
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
        let lines: i64 = sqlx::query_scalar(
            "select count(*) from simulated_refunds where amount = 19.99 and charge_key = $1",
        )
        .bind(charge.key)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(lines, 1);
    }

    /// The books have two unique constraints for a refund, and either may be the one that a second
    /// insert meets first.
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
        let lines: i64 = sqlx::query_scalar("select count(*) from simulated_refunds")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(lines, 500);
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
