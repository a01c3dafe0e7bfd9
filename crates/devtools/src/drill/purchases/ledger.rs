//! What must be so when a drill is over.

use std::fmt;

use anyhow::{Context, ensure};
use ids::{LicenseId, UserId};
use promptforge::fleet::Process;
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use super::{people::Promises, stage::Stage};

const BOUGHT: &str = "purchases acknowledged";

/// Of each of these there must be none.
const BROKEN: [(&str, &str); 12] = [
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

/// What a kill leaves behind, for the next process.
pub struct Left {
    marketplace: PgPool,
}

impl Left {
    /// # Errors
    /// When the database cannot be reached.
    pub async fn by_kills(stage: &Stage) -> anyhow::Result<Self> {
        Ok(Self { marketplace: stage.database(Process::Marketplace).await? })
    }

    /// How many purchases and refunds are begun and not ended.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(&self) -> anyhow::Result<i64> {
        let open = sqlx::query_scalar(
            "select count(*) from transactions
             where status = 'PENDING' or status = 'COMPLETED' and refund_requested_at is not null",
        );
        Ok(open.fetch_one(&self.marketplace).await?)
    }
}

pub struct Ledger {
    marketplace: PgPool,
    prompt: PgPool,
    seller: UserId,
    promised: Promises,
}

/// Counts for people, and what is wrong.
pub struct Report {
    counts: Vec<(&'static str, i64)>,
    broken: Vec<(&'static str, i64)>,
    revenue: (String, String),
    strange: Vec<String>,
}

impl Ledger {
    /// # Errors
    /// When a database cannot be reached.
    pub async fn open(stage: &Stage, seller: UserId, promised: Promises) -> anyhow::Result<Self> {
        let marketplace = stage.database(Process::Marketplace).await?;
        let prompt = stage.database(Process::Prompt).await?;
        Ok(Self { marketplace, prompt, seller, promised })
    }

    /// Whether nothing is left to be done.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn is_settled(&self) -> anyhow::Result<bool> {
        for (_, what) in &BROKEN[..3] {
            if self.count(what).await? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// # Errors
    /// When a database, or the marketplace, cannot be asked.
    pub async fn balance(&self, stage: &Stage) -> anyhow::Result<Report> {
        let mut broken = Vec::new();
        for (name, what) in BROKEN {
            broken.push((name, self.count(what).await?));
        }
        broken.push(("acknowledged purchases that are not in the books", self.lost_sales().await?));
        broken.push(("acknowledged refunds that are not in the books", self.lost_refunds().await?));
        broken.push(("keys that gave two answers", i64::try_from(self.promised.changed_answers)?));
        broken.push(("entitlements that differ from licences", self.entitlements_apart().await?));
        broken.push(("premium prompts that differ from listings", self.premium_apart().await?));
        let bought = i64::try_from(self.promised.bought.len())?;
        let refunded = i64::try_from(self.promised.refunded.len())?;
        let counts = vec![
            (BOUGHT, bought),
            ("of them under a key", i64::try_from(self.promised.keyed)?),
            ("refunds acknowledged", refunded),
            ("COMPLETED", self.count("transactions where status = 'COMPLETED'").await?),
            ("REFUNDED", self.count("transactions where status = 'REFUNDED'").await?),
            ("FAILED", self.count("transactions where status = 'FAILED'").await?),
            ("licences that stand", self.count("licenses where ended_at is null").await?),
        ];
        let strange = self.promised.strange.clone();
        Ok(Report { counts, broken, revenue: self.revenue(stage).await?, strange })
    }

    async fn count(&self, from_where: &str) -> anyhow::Result<i64> {
        let sql = format!("select count(*) from {from_where}");
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.marketplace).await?)
    }

    async fn lost_sales(&self) -> anyhow::Result<i64> {
        let (transactions, licenses): (Vec<_>, Vec<_>) =
            self.promised.bought.iter().map(|(id, license)| (id.0, license.0)).unzip();
        let lost = sqlx::query_scalar(
            "select count(*) from unnest($1::uuid[], $2::uuid[]) promised (id, license_id)
             left join transactions t on t.id = promised.id and t.license_id = promised.license_id
                 and t.status in ('COMPLETED', 'REFUNDED')
             where t.id is null",
        );
        Ok(lost.bind(transactions).bind(licenses).fetch_one(&self.marketplace).await?)
    }

    async fn lost_refunds(&self) -> anyhow::Result<i64> {
        let ids: Vec<_> = self.promised.refunded.iter().map(|id| id.0).collect();
        let lost = sqlx::query_scalar(
            "select count(*) from unnest($1::uuid[]) promised (id)
             left join transactions t on t.id = promised.id and t.status = 'REFUNDED'
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

    /// As the marketplace says, and the sum.
    async fn revenue(&self, stage: &Stage) -> anyhow::Result<(String, String)> {
        let seller = stage.caller(self.seller, "seller")?;
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

/// How many are in one list only.
fn differences<T: PartialEq>(one: &[T], other: &[T]) -> i64 {
    let missing = |from: &[T], of: &[T]| of.iter().filter(|item| !from.contains(item)).count();
    i64::try_from(missing(one, other) + missing(other, one)).unwrap_or(i64::MAX)
}

impl Report {
    pub fn is_well(&self) -> bool {
        // Where nothing was bought, nothing was put to the test.
        self.counts.iter().any(|(name, count)| *name == BOUGHT && *count > 0)
            && self.broken.iter().all(|(_, count)| *count == 0)
            && self.revenue.0 == self.revenue.1
            && self.strange.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in self.counts.iter().chain(&self.broken) {
            writeln!(f, "{count:>8}  {name}")?;
        }
        for strange in &self.strange {
            writeln!(f, "strange: {strange}")?;
        }
        let (said, sum) = &self.revenue;
        writeln!(f, "revenue: {said} sales, the sum of COMPLETED: {sum}")?;
        f.write_str(if self.is_well() { "all is well" } else { "NOT ALL IS WELL" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(broken: i64, said: &str) -> Report {
        Report {
            counts: vec![(BOUGHT, 7), ("COMPLETED", 7)],
            broken: vec![("PENDING left", broken)],
            revenue: (said.to_owned(), "1.25 of 1".to_owned()),
            strange: Vec::new(),
        }
    }

    #[test]
    fn one_broken_rule_is_enough() {
        assert!(report(0, "1.25 of 1").is_well());
        assert!(!report(1, "1.25 of 1").is_well());
        assert!(!report(0, "1.26 of 1").is_well());
        assert!(report(1, "1.25 of 1").to_string().ends_with("NOT ALL IS WELL"));
        let idle = Report { counts: vec![(BOUGHT, 0)], ..report(0, "1.25 of 1") };
        assert!(!idle.is_well(), "nothing was put to the test");
    }

    #[test]
    fn differences_are_counted_in_both_directions() {
        assert_eq!(differences(&[1, 2], &[2, 1]), 0);
        assert_eq!(differences(&[1, 2], &[2, 3, 4]), 3);
    }
}
