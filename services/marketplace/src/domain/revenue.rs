use ids::{ListingId, PromptId, UserId};

use super::{Currency, Money};

/// What a seller earned in one currency: sums over transactions, nothing kept on the side.
#[derive(Clone, Debug)]
pub struct Revenue {
    pub seller_id: UserId,
    pub currency: Currency,
    pub total: Sales,
    /// Paid back; not in `total`.
    pub refunds: Money,
    /// Newest first; months without a sale are left out.
    pub by_month: Vec<MonthRevenue>,
    /// Highest revenue first.
    pub top_listings: Vec<ListingRevenue>,
}

/// Completed sales, without those that were paid back.
#[derive(Clone, Copy, Debug)]
pub struct Sales {
    pub count: i64,
    pub revenue: Money,
    pub fees: Money,
}

impl Sales {
    pub fn net(&self) -> Money {
        self.revenue - self.fees
    }

    pub fn average(&self, currency: &Currency) -> Money {
        self.revenue.divided(self.count, currency)
    }
}

/// The sales completed in one month, in UTC.
#[derive(Clone, Debug)]
pub struct MonthRevenue {
    /// `2026-01`.
    pub month: String,
    pub sales: Sales,
}

/// The sales of one listing.
#[derive(Clone, Debug)]
pub struct ListingRevenue {
    pub listing_id: ListingId,
    pub prompt_id: PromptId,
    pub title: String,
    pub sales: Sales,
}
