//! `GET /api/marketplace/revenue/{sellerId}`: a seller's revenue.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Path, Query, openapi::Problems};
use ids::{ListingId, PromptId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{Amount, Currency, ListingRevenue, MonthRevenue, Revenue},
    error::codes,
    service::revenue,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_seller_revenue))
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct RevenueQuery {
    /// Amounts in different currencies have no sum: one is answered for.
    #[garde(skip)]
    #[param(inline, default = "USD")]
    currency: Option<Currency>,
}

/// What a seller earned, in one currency: always the sum of the transactions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RevenueResponse {
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
    by_month: Vec<MonthRevenueResponse>,
    /// The ten with the highest revenue.
    top_listings: Vec<ListingRevenueResponse>,
}

/// Sales completed in one month, in UTC.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MonthRevenueResponse {
    #[schema(example = "2026-01")]
    month: String,
    total_revenue: Amount,
    total_sales: i64,
    platform_fees: Amount,
    net_revenue: Amount,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListingRevenueResponse {
    listing_id: ListingId,
    prompt_id: PromptId,
    title: String,
    total_revenue: Amount,
    total_sales: i64,
    platform_fees: Amount,
    net_revenue: Amount,
}

impl From<Revenue> for RevenueResponse {
    fn from(revenue: Revenue) -> Self {
        let currency = revenue.currency;
        Self {
            seller_id: revenue.seller_id,
            total_revenue: revenue.total.revenue.amount(&currency),
            total_sales: revenue.total.count,
            average_sale_price: revenue.total.average(&currency).amount(&currency),
            platform_fees: revenue.total.fees.amount(&currency),
            net_revenue: revenue.total.net().amount(&currency),
            refunds: revenue.refunds.amount(&currency),
            by_month: revenue
                .by_month
                .into_iter()
                .map(|row| MonthRevenueResponse::new(row, &currency))
                .collect(),
            top_listings: revenue
                .top_listings
                .into_iter()
                .map(|row| ListingRevenueResponse::new(row, &currency))
                .collect(),
            currency,
        }
    }
}

impl MonthRevenueResponse {
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

impl ListingRevenueResponse {
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
        (status = 200, description = "What the seller earned.", body = RevenueResponse),
        Problems::<codes::NotYours>,
    ),
    security(("bearer" = [])),
)]
async fn get_seller_revenue(
    State(state): State<AppState>,
    User(viewer): User,
    Path(seller): Path<UserId>,
    Query(query): Query<RevenueQuery>,
) -> ApiResult<Json<RevenueResponse>> {
    let currency = query.currency.unwrap_or_default();
    Ok(Json(revenue::sum_up(&state, seller, &viewer, currency).await?.into()))
}
