//! `/api/marketplace/revenue`: what a seller earns.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Path, Query,
    openapi::{Forbidden, Unauthorized},
};
use ids::{ListingId, PromptId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{self, Amount, Currency, ListingRevenue, MonthRevenue},
    service,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(revenue))
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct RevenueQuery {
    /// Amounts in different currencies have no sum: one is answered for.
    #[garde(skip)]
    #[param(value_type = Option<String>, default = "USD")]
    currency: Option<Currency>,
}

/// What a seller earned, in one currency: always the sum of the transactions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Revenue {
    seller_id: UserId,
    currency: Currency,
    /// Paid by buyers, without what was paid back.
    total_revenue: Amount,
    total_sales: i64,
    /// To the nearest minor unit; 0 when nothing was sold.
    average_sale_price: Amount,
    platform_fees: Amount,
    /// `totalRevenue` less `platformFees`.
    net_revenue: Amount,
    /// Paid back to buyers.
    refunds: Amount,
    /// Newest first; months without a sale are left out.
    by_month: Vec<Month>,
    /// The ten with the highest revenue.
    top_listings: Vec<TopListing>,
}

/// Sales completed in one month, in UTC.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Month {
    #[schema(example = "2026-01")]
    month: String,
    total_revenue: Amount,
    total_sales: i64,
    platform_fees: Amount,
    net_revenue: Amount,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TopListing {
    listing_id: ListingId,
    prompt_id: PromptId,
    title: String,
    total_revenue: Amount,
    total_sales: i64,
    platform_fees: Amount,
    net_revenue: Amount,
}

impl From<domain::Revenue> for Revenue {
    fn from(revenue: domain::Revenue) -> Self {
        let currency = revenue.currency;
        Self {
            seller_id: revenue.seller_id,
            total_revenue: revenue.total.revenue.amount(&currency),
            total_sales: revenue.total.count,
            average_sale_price: revenue.total.average(&currency).amount(&currency),
            platform_fees: revenue.total.fees.amount(&currency),
            net_revenue: revenue.total.net().amount(&currency),
            refunds: revenue.refunds.amount(&currency),
            by_month: revenue.by_month.into_iter().map(|row| Month::new(row, &currency)).collect(),
            top_listings: revenue
                .top_listings
                .into_iter()
                .map(|row| TopListing::new(row, &currency))
                .collect(),
            currency,
        }
    }
}

impl Month {
    fn new(MonthRevenue { month, sales }: MonthRevenue, currency: &Currency) -> Self {
        Self {
            month,
            total_revenue: sales.revenue.amount(currency),
            total_sales: sales.count,
            platform_fees: sales.fees.amount(currency),
            net_revenue: sales.net().amount(currency),
        }
    }
}

impl TopListing {
    fn new(listing: ListingRevenue, currency: &Currency) -> Self {
        Self {
            listing_id: listing.listing_id,
            prompt_id: listing.prompt_id,
            title: listing.title,
            total_revenue: listing.sales.revenue.amount(currency),
            total_sales: listing.sales.count,
            platform_fees: listing.sales.fees.amount(currency),
            net_revenue: listing.sales.net().amount(currency),
        }
    }
}

/// Revenue
///
/// For that seller and administrators.
#[utoipa::path(
    get, path = "/api/marketplace/revenue/{sellerId}", tag = "revenue",
    params(("sellerId" = UserId, Path, description = "The seller's id."), RevenueQuery),
    responses(
        (status = 200, description = "What the seller earned.", body = Revenue),
        Unauthorized,
        Forbidden,
    ),
    security(("bearer" = [])),
)]
async fn revenue(
    State(state): State<AppState>,
    User(viewer): User,
    Path(seller): Path<UserId>,
    Query(query): Query<RevenueQuery>,
) -> ApiResult<Json<Revenue>> {
    let currency = query.currency.unwrap_or_default();
    Ok(Json(service::revenue::revenue(&state, seller, &viewer, currency).await?.into()))
}
