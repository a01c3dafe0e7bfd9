//! A listing, as everyone sees it.

use ids::{ListingId, PromptId, UserId};
use rust_decimal::Decimal;
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use crate::domain::{Amount, Currency, Listing, ListingStatus};

/// A prompt on offer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListingResponse {
    id: ListingId,
    prompt_id: PromptId,
    prompt: ListedPromptResponse,
    seller_id: UserId,
    seller: SellerResponse,
    #[schema(example = "A code reviewer that never tires")]
    title: String,
    description: Option<String>,
    /// Of a PERSONAL licence.
    price: Amount,
    /// Of a COMMERCIAL licence; null when there is none on offer.
    commercial_price: Option<Amount>,
    currency: Currency,
    status: ListingStatus,
    /// Whether `status` is ACTIVE.
    is_active: bool,
    sales_count: i32,
    created_at: Timestamp,
    /// Since when it has been on sale without a break.
    listed_at: Timestamp,
    updated_at: Timestamp,
}

/// What is sold: the prompt as it was when it was listed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedPromptResponse {
    #[schema(example = "Code reviewer")]
    title: String,
    description: Option<String>,
    #[schema(example = "programming")]
    category: String,
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>, example = 4.5)]
    average_rating: Option<Decimal>,
    /// The first characters of the content.
    content_preview: String,
    version: i32,
}

#[derive(Serialize, ToSchema)]
struct SellerResponse {
    #[schema(example = "ada")]
    username: String,
}

impl ListingResponse {
    /// Returns the texts that a page may leave out.
    pub fn descriptions(&mut self) -> Vec<&mut Option<String>> {
        vec![&mut self.description, &mut self.prompt.description]
    }
}

impl From<Listing> for ListingResponse {
    fn from(listing: Listing) -> Self {
        Self {
            id: listing.id,
            prompt_id: listing.prompt_id,
            prompt: ListedPromptResponse {
                title: listing.prompt_title,
                description: listing.prompt_description,
                category: listing.prompt_category,
                average_rating: listing.average_rating,
                content_preview: listing.content_preview,
                version: listing.prompt_version,
            },
            seller_id: listing.seller_id,
            seller: SellerResponse { username: listing.seller_username },
            title: listing.title,
            description: listing.description,
            price: listing.price.amount(&listing.currency),
            commercial_price: listing.commercial_price.map(|price| price.amount(&listing.currency)),
            currency: listing.currency,
            status: listing.status,
            is_active: listing.status == ListingStatus::Active,
            sales_count: listing.sales_count,
            created_at: listing.created_at,
            listed_at: listing.listed_at,
            updated_at: listing.updated_at,
        }
    }
}
