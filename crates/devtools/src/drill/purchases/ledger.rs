//! Checks of the books when a drill is over.

use anyhow::{Context, ensure};
use ids::{LicenseId, UserId};
use promptforge::fleet::Process;
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use super::{
    environment::Environment,
    report::{BOUGHT, Report},
    traffic::Acknowledged,
};

/// Rows that must not exist: a name for people, and where they would be.
const VIOLATIONS: [(&str, &str); 12] = [
    ("PENDING left", "transactions where status = 'PENDING'"),
    (
        "refunds wanted and not given",
        "transactions where status = 'COMPLETED' and refund_requested_at is not null",
    ),
    ("steps that the prompt service was not told", "prompt_steps where delivered < revision"),
    (
        "COMPLETED without a licence",
        "transactions t where t.status in ('COMPLETED', 'REFUNDED') and 1 <>
         (select count(*) from licenses n where n.transaction_id = t.id and n.id = t.license_id)",
    ),
    (
        "licences without COMPLETED",
        "licenses n join transactions t on t.id = n.transaction_id
         where t.status not in ('COMPLETED', 'REFUNDED')
            or (t.status = 'REFUNDED') <> (n.ended_at is not null)",
    ),
    (
        "licences held twice",
        "(select from licenses where ended_at is null
          group by buyer_id, prompt_id, license_type having count(*) > 1) held",
    ),
    (
        "charges without a sale, or sales without a charge of their amount",
        "simulated_charges c full join transactions t on t.id = c.idempotency_key
         where coalesce(c.status = 'CHARGED' and c.amount = t.amount, false)
            <> coalesce(t.status in ('COMPLETED', 'REFUNDED'), false)",
    ),
    (
        "double charges at the provider",
        "(select from simulated_charges c join transactions t on t.id = c.idempotency_key
          left join simulated_refunds r on r.charge_key = c.idempotency_key
          where c.status = 'CHARGED' and r.charge_key is null
          group by t.buyer_id, t.prompt_id, t.license_type having count(*) > 1) twice",
    ),
    (
        "refunds at the provider that are not in the books, or the other way round",
        "simulated_refunds r full join transactions t on t.id = r.charge_key
         where coalesce(r.amount = t.amount, false) <> coalesce(t.status = 'REFUNDED', false)",
    ),
    (
        "listings that count other sales than stand",
        "listings l where l.sales_count <> (select count(*) from transactions t
         where t.listing_id = l.id and t.status = 'COMPLETED')",
    ),
    (
        "deadlocks, which the marketplace answers as an outage",
        "pg_stat_database d, generate_series(1, d.deadlocks) where d.datname = current_database()",
    ),
    (
        "keys answered otherwise than their purchase was settled",
        "purchase_keys k join transactions t on t.id = k.transaction_id
         where k.status is distinct from
             case t.status when 'FAILED' then 402 when 'PENDING' then null else 201 end",
    ),
];

/// A counter of the purchases and refunds that a kill leaves open.
pub struct OpenPurchases {
    marketplace: PgPool,
}

impl OpenPurchases {
    /// Connects to the books.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self { marketplace: environment.database(Process::Marketplace).await? })
    }

    /// Counts the open purchases and refunds.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn count(&self) -> anyhow::Result<i64> {
        let open = sqlx::query_scalar(
            "select count(*) from transactions
             where status = 'PENDING' or status = 'COMPLETED' and refund_requested_at is not null",
        );
        Ok(open.fetch_one(&self.marketplace).await?)
    }
}

/// The books of the marketplace, and everything that must agree with them.
pub struct Ledger {
    marketplace: PgPool,
    prompt: PgPool,
    seller: UserId,
    acknowledged: Acknowledged,
}

impl Ledger {
    /// Connects to the books and the entitlements.
    ///
    /// # Errors
    /// When a database cannot be reached.
    pub async fn open(
        environment: &Environment,
        seller: UserId,
        acknowledged: Acknowledged,
    ) -> anyhow::Result<Self> {
        let marketplace = environment.database(Process::Marketplace).await?;
        let prompt = environment.database(Process::Prompt).await?;
        Ok(Self { marketplace, prompt, seller, acknowledged })
    }

    /// Tells whether no purchase, refund or prompt sync is open.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn is_settled(&self) -> anyhow::Result<bool> {
        for (_, what) in &VIOLATIONS[..3] {
            if self.count(what).await? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// When a database or the marketplace does not answer.
    pub async fn check(&self, environment: &Environment) -> anyhow::Result<Report> {
        let mut violations = Vec::new();
        for (name, what) in VIOLATIONS {
            violations.push((name, self.count(what).await?));
        }
        violations
            .push(("acknowledged purchases that are not in the books", self.lost_sales().await?));
        violations
            .push(("acknowledged refunds that are not in the books", self.lost_refunds().await?));
        violations.push((
            "keys that gave two answers",
            i64::try_from(self.acknowledged.changed_answers)?,
        ));
        violations
            .push(("entitlements that differ from licences", self.entitlements_apart().await?));
        violations.push(("premium prompts that differ from listings", self.premium_apart().await?));
        let bought = i64::try_from(self.acknowledged.bought.len())?;
        let refunded = i64::try_from(self.acknowledged.refunded.len())?;
        let counts = vec![
            (BOUGHT, bought),
            ("of them under a key", i64::try_from(self.acknowledged.keyed)?),
            ("refunds acknowledged", refunded),
            ("COMPLETED", self.count("transactions where status = 'COMPLETED'").await?),
            ("REFUNDED", self.count("transactions where status = 'REFUNDED'").await?),
            ("FAILED", self.count("transactions where status = 'FAILED'").await?),
            ("licences that stand", self.count("licenses where ended_at is null").await?),
        ];
        let unexpected = self.acknowledged.unexpected.clone();
        Ok(Report { counts, violations, revenue: self.revenue(environment).await?, unexpected })
    }

    async fn count(&self, from_where: &str) -> anyhow::Result<i64> {
        let sql = format!("select count(*) from {from_where}");
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.marketplace).await?)
    }

    async fn lost_sales(&self) -> anyhow::Result<i64> {
        let (transactions, licenses): (Vec<_>, Vec<_>) =
            self.acknowledged.bought.iter().map(|(id, license)| (id.0, license.0)).unzip();
        let lost = sqlx::query_scalar(
            "select count(*) from unnest($1::uuid[], $2::uuid[]) acknowledged (id, license_id)
             left join transactions t on t.id = acknowledged.id and t.license_id = acknowledged.license_id
                 and t.status in ('COMPLETED', 'REFUNDED')
             where t.id is null",
        );
        Ok(lost.bind(transactions).bind(licenses).fetch_one(&self.marketplace).await?)
    }

    async fn lost_refunds(&self) -> anyhow::Result<i64> {
        let ids: Vec<_> = self.acknowledged.refunded.iter().map(|id| id.0).collect();
        let lost = sqlx::query_scalar(
            "select count(*) from unnest($1::uuid[]) acknowledged (id)
             left join transactions t on t.id = acknowledged.id and t.status = 'REFUNDED'
             where t.id is null",
        );
        Ok(lost.bind(ids).fetch_one(&self.marketplace).await?)
    }

    async fn entitlements_apart(&self) -> anyhow::Result<i64> {
        let held: Vec<(LicenseId, bool)> =
            sqlx::query_as("select id, ended_at is null from licenses order by id")
                .fetch_all(&self.marketplace)
                .await?;
        let known: Vec<(LicenseId, bool)> = sqlx::query_as(
            "select license_id, revoked_at is null from prompt_entitlements order by license_id",
        )
        .fetch_all(&self.prompt)
        .await?;
        Ok(differences(&held, &known))
    }

    async fn premium_apart(&self) -> anyhow::Result<i64> {
        let listed: Vec<(uuid::Uuid, String)> = sqlx::query_as(
            "select prompt_id, trim_scale(price)::text from listings where status = 'ACTIVE' order by 1",
        )
        .fetch_all(&self.marketplace)
        .await?;
        let premium: Vec<(uuid::Uuid, String)> = sqlx::query_as(
            "select id, trim_scale(price)::text from prompts where is_premium order by 1",
        )
        .fetch_all(&self.prompt)
        .await?;
        Ok(differences(&listed, &premium))
    }

    /// Returns the revenue as the marketplace answers it, and as the sum of the books.
    async fn revenue(&self, environment: &Environment) -> anyhow::Result<(String, String)> {
        let seller = environment.client(self.seller, "seller")?;
        let path = format!("/api/marketplace/revenue/{}", self.seller);
        let (status, said) = seller.call(Method::GET, &path, None, &json!({})).await?;
        ensure!(status.is_success(), "no revenue: {status} {said}");
        let sum: String = sqlx::query_scalar(
            "select coalesce(sum(amount), 0)::numeric(14, 2)::text || ' of ' || count(*) from transactions
             where status = 'COMPLETED'",
        )
        .fetch_one(&self.marketplace)
        .await?;
        let amount = said["totalRevenue"].as_f64().context("no amount")?;
        Ok((format!("{amount:.2} of {}", said["totalSales"]), sum))
    }
}

/// Counts the items that are in one list only.
fn differences<T: PartialEq>(one: &[T], other: &[T]) -> i64 {
    let missing = |from: &[T], of: &[T]| of.iter().filter(|item| !from.contains(item)).count();
    i64::try_from(missing(one, other) + missing(other, one)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_counted_in_both_directions() {
        assert_eq!(differences(&[1, 2], &[2, 1]), 0);
        assert_eq!(differences(&[1, 2], &[2, 3, 4]), 3);
    }
}
