//! Sums over `transactions`. Run them in one snapshot, or they do not add up.

use ids::UserId;
use sqlx::{PgConnection, query};

use crate::domain::{Currency, ListingRevenue, Money, MonthRevenue, Sales};

/// Returns the completed sales, and the sum of what was refunded.
pub async fn totals(
    connection: &mut PgConnection,
    seller: UserId,
    currency: &Currency,
) -> sqlx::Result<(Sales, Money)> {
    let row = query!(
        r#"select count(*) filter (where status = 'COMPLETED') as "count!",
                  coalesce(sum(amount) filter (where status = 'COMPLETED'), 0) as "revenue!: Money",
                  coalesce(sum(platform_fee) filter (where status = 'COMPLETED'), 0) as "fees!: Money",
                  coalesce(sum(amount) filter (where status = 'REFUNDED'), 0) as "refunds!: Money"
           from transactions where seller_id = $1 and currency = $2"#,
        seller.0,
        currency.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok((Sales { count: row.count, revenue: row.revenue, fees: row.fees }, row.refunds))
}

/// Returns the completed sales of each month, newest first.
pub async fn by_month(
    connection: &mut PgConnection,
    seller: UserId,
    currency: &Currency,
) -> sqlx::Result<Vec<MonthRevenue>> {
    let rows = query!(
        r#"select to_char(completed_at at time zone 'UTC', 'YYYY-MM') as "month!",
                  count(*) as "count!", sum(amount) as "revenue!: Money",
                  sum(platform_fee) as "fees!: Money"
           from transactions
           where seller_id = $1 and currency = $2 and status = 'COMPLETED'
           group by 1 order by 1 desc"#,
        seller.0,
        currency.as_str(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| MonthRevenue {
            month: row.month,
            sales: Sales { count: row.count, revenue: row.revenue, fees: row.fees },
        })
        .collect())
}

/// Returns the `limit` listings with the highest revenue, highest first.
pub async fn top_listings(
    connection: &mut PgConnection,
    seller: UserId,
    currency: &Currency,
    limit: i64,
) -> sqlx::Result<Vec<ListingRevenue>> {
    let rows = query!(
        r#"select l.id, l.prompt_id, l.title, count(*) as "count!", sum(t.amount) as "revenue!: Money",
                  sum(t.platform_fee) as "fees!: Money"
           from transactions t join listings l on l.id = t.listing_id
           where t.seller_id = $1 and t.currency = $2 and t.status = 'COMPLETED'
           group by l.id order by sum(t.amount) desc, l.id limit $3"#,
        seller.0,
        currency.as_str(),
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ListingRevenue {
            listing_id: row.id,
            prompt_id: row.prompt_id,
            title: row.title,
            sales: Sales { count: row.count, revenue: row.revenue, fees: row.fees },
        })
        .collect())
}
