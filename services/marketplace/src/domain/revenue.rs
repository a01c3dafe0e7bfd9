//! Sums of a seller's sales.

use ids::{ListingId, PromptId, UserId};

use super::{Currency, Money};

/// A seller's revenue in one currency, summed up from the transactions.
#[derive(Clone, Debug)]
pub struct Revenue {
    pub seller_id: UserId,
    pub currency: Currency,
    pub total: Sales,
    /// The sum of refunded sales, which are not in `total`.
    pub refunds: Money,
    /// The months with sales, newest first.
    pub by_month: Vec<MonthRevenue>,
    /// The listings with the highest revenue, highest first.
    pub top_listings: Vec<ListingRevenue>,
}

/// The sum of completed sales, without refunded ones.
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
    /// The month, such as `2026-01`.
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
