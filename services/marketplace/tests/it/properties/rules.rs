//! The invariants: those that always hold, and those that hold when no work is left.

use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::eventually;

use super::{
    steps::Buy,
    world::{Checked, World},
};

impl World {
    /// Checks that an acknowledged purchase exists.
    pub(super) async fn check_answer(&self, buy: &Buy, status: u16, answer: &Value) -> Checked {
        if status != 201 {
            prop_assert!([402, 404, 409, 422, 503].contains(&status), "{:?}: {}", buy, answer);
            return Ok(());
        }
        let paid: bool = sqlx::query_scalar(
            "select exists (select from transactions t join licenses n on n.transaction_id = t.id
             where t.id = $1::text::uuid and n.id = $2::text::uuid
               and t.status in ('COMPLETED', 'REFUNDED'))",
        )
        .bind(answer["id"].as_str().unwrap())
        .bind(answer["license"]["id"].as_str().unwrap())
        .fetch_one(&self.pool)
        .await
        .unwrap();
        prop_assert!(paid, "acknowledged and not there: {}", answer);
        Ok(())
    }

    /// Checks that no row breaks a rule: each is a name with the `from` and `where` of its offenders.
    async fn check_none(&self, what: &[(&str, &str)]) -> Checked {
        for (rule, from_where) in what {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {from_where}"));
            let broken: i64 = sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap();
            prop_assert_eq!(broken, 0, "broken: {}", rule);
        }
        Ok(())
    }

    pub(super) async fn check_always(&self) -> Checked {
        self.check_none(&[
            (
                "one COMPLETED has exactly one licence",
                "transactions t where t.status in ('COMPLETED', 'REFUNDED') and 1 <>
                 (select count(*) from licenses n where n.transaction_id = t.id and n.id = t.license_id)",
            ),
            (
                "no licence without a paid purchase",
                "licenses n join transactions t on t.id = n.transaction_id
                 where t.status not in ('COMPLETED', 'REFUNDED')",
            ),
            (
                "what is given back has ended",
                "licenses n join transactions t on t.id = n.transaction_id
                 where t.status = 'REFUNDED' and n.ended_at is null",
            ),
            (
                "one licence of a kind stands",
                "(select from licenses where ended_at is null
                  group by buyer_id, prompt_id, license_type having count(*) > 1) twice",
            ),
            (
                "what is completed was charged, and so much",
                "transactions t left join simulated_charges c
                     on c.idempotency_key = t.id and c.status = 'CHARGED' and c.amount = t.amount
                        and c.currency = t.currency
                 where t.status in ('COMPLETED', 'REFUNDED') and c.idempotency_key is null",
            ),
            (
                "what failed was not charged",
                "transactions t join simulated_charges c on c.idempotency_key = t.id
                 where t.status = 'FAILED' and c.status = 'CHARGED'",
            ),
            (
                "what is refunded was given back, and so much",
                "transactions t left join simulated_refunds r
                     on r.charge_key = t.id and r.amount = t.amount
                 where t.status = 'REFUNDED' and r.charge_key is null",
            ),
            (
                "nothing is given back that nobody wanted given back",
                "simulated_refunds r join transactions t on t.id = r.charge_key
                 where t.refund_requested_at is null",
            ),
            (
                "a listing counts the sales that stand",
                "listings l where l.sales_count <> (select count(*) from transactions t
                 where t.listing_id = l.id and t.status = 'COMPLETED')",
            ),
            (
                "a key is answered as its purchase was settled",
                "purchase_keys k join transactions t on t.id = k.transaction_id
                 where case t.status when 'PENDING' then k.status is not null
                                     when 'FAILED' then k.status is distinct from 402
                                     else k.status is distinct from 201 end",
            ),
        ])
        .await?;
        self.check_revenue().await
    }

    async fn check_revenue(&self) -> Checked {
        // A job may change the sums while they are read.
        let sum = || async {
            let sums: (String, i64, String) = sqlx::query_as(
                "select coalesce(sum(amount) filter (where status = 'COMPLETED'), 0)::numeric(14, 2)::text,
                        count(*) filter (where status = 'COMPLETED'),
                        coalesce(sum(amount) filter (where status = 'REFUNDED'), 0)::numeric(14, 2)::text
                 from transactions where seller_id = $1",
            )
            .bind(self.seller.id)
            .fetch_one(&self.pool)
            .await
            .unwrap();
            sums
        };
        let path = format!("/api/marketplace/revenue/{}", self.seller.id);
        loop {
            let before = sum().await;
            let revenue = self.client(&self.seller).get(&path).await;
            if sum().await != before {
                continue;
            }
            let (total, sales, refunds) = before;
            let figures = format!(r#""totalRevenue":{total},"totalSales":{sales},"#);
            prop_assert!(revenue.text.contains(&figures), "{} in {}", figures, revenue.text);
            let refunds = format!(r#""refunds":{refunds},"#);
            prop_assert!(revenue.text.contains(&refunds), "{} in {}", refunds, revenue.text);
            return Ok(());
        }
    }

    /// Waits until no work is left, and checks what must hold then.
    pub(super) async fn wait_until_idle(&self) -> Checked {
        self.prompts.set_away(false);
        eventually("everything to be settled and told", || async {
            let open: i64 = sqlx::query_scalar(
                "select (select count(*) from transactions where status = 'PENDING'
                         or status = 'COMPLETED' and refund_requested_at is not null)
                      + (select count(*) from prompt_steps where delivered < revision)",
            )
            .fetch_one(&self.pool)
            .await
            .unwrap();
            (open == 0).then_some(())
        })
        .await;
        self.check_none(&[
            (
                "each is given back that was wanted given back, once",
                "transactions t full join simulated_refunds r on r.charge_key = t.id
                 where (r.charge_key is not null) <> coalesce(t.status = 'REFUNDED', false)",
            ),
            (
                "each charge is a sale",
                "simulated_charges c left join transactions t on t.id = c.idempotency_key
                 where c.status = 'CHARGED'
                   and coalesce(t.status not in ('COMPLETED', 'REFUNDED'), true)",
            ),
        ])
        .await?;
        for prompt in &self.written {
            let price: Option<String> = sqlx::query_scalar(
                "select price::text from listings where prompt_id = $1 and status = 'ACTIVE'",
            )
            .bind(prompt)
            .fetch_optional(&self.pool)
            .await
            .unwrap();
            let price = price.map(|price| price.parse::<f64>().unwrap());
            let told = self.prompts.premium(*prompt).unwrap_or(json!({"premium": false}));
            prop_assert_eq!(told["price"].as_f64(), price, "price of {}: {}", prompt, told);
            prop_assert_eq!(&told["premium"], &json!(price.is_some()));
        }
        let licenses: Vec<(ids::LicenseId, bool)> = sqlx::query_as(
            "select n.id, n.ended_at is null from licenses n
             join transactions t on t.id = n.transaction_id where t.seller_id = $1",
        )
        .bind(self.seller.id)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        for (license, stands) in licenses {
            let told = self.prompts.entitlement(&json!({"id": license})).unwrap_or_default();
            prop_assert_eq!(told["userId"].is_string(), stands, "{}: {}", license, told);
            prop_assert_eq!(told["revoked"] == true, !stands, "{}: {}", license, told);
        }
        Ok(())
    }
}
