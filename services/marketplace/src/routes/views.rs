//! Listings, transactions and licences, as clients see them.

use ids::{LicenseId, ListingId, PromptId, TransactionId, UserId};
use pg::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{self, Amount, Currency, LicenseType, ListingStatus, TransactionStatus},
    payments::PaymentMethod,
    service::transactions::Purchase,
};

/// A prompt on offer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    id: ListingId,
    prompt_id: PromptId,
    prompt: ListedPrompt,
    seller_id: UserId,
    seller: Seller,
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
struct ListedPrompt {
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
struct Seller {
    #[schema(example = "ada")]
    username: String,
}

impl Listing {
    /// The longest of its texts.
    pub fn descriptions(&mut self) -> Vec<&mut Option<String>> {
        vec![&mut self.description, &mut self.prompt.description]
    }
}

impl From<domain::Listing> for Listing {
    fn from(listing: domain::Listing) -> Self {
        Self {
            id: listing.id,
            prompt_id: listing.prompt_id,
            prompt: ListedPrompt {
                title: listing.prompt_title,
                description: listing.prompt_description,
                category: listing.prompt_category,
                average_rating: listing.average_rating,
                content_preview: listing.content_preview,
                version: listing.prompt_version,
            },
            seller_id: listing.seller_id,
            seller: Seller { username: listing.seller_username },
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

/// A purchase.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    pub id: TransactionId,
    listing_id: ListingId,
    prompt_id: PromptId,
    buyer_id: UserId,
    seller_id: UserId,
    license_type: LicenseType,
    amount: Amount,
    /// What of `amount` the platform keeps.
    platform_fee: Amount,
    currency: Currency,
    status: TransactionStatus,
    payment_method: PaymentMethod,
    /// Only when FAILED.
    failure_reason: Option<String>,
    /// Once COMPLETED.
    license: Option<License>,
    created_at: Timestamp,
    /// The same as `createdAt`.
    transaction_date: Timestamp,
    completed_at: Option<Timestamp>,
    /// When it was given back: only when REFUNDED.
    refunded_at: Option<Timestamp>,
}

/// The text of the answer to a purchase that was paid, as its buyer sees it.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn purchased(purchase: Purchase) -> anyhow::Result<String> {
    let buyer = purchase.transaction.buyer_id;
    Ok(serde_json::to_string(&Transaction::seen_by(buyer)(purchase))?)
}

impl Transaction {
    /// The licence's key is for its holder only.
    pub fn seen_by(viewer: UserId) -> impl Fn(Purchase) -> Self {
        move |Purchase { transaction, license }| Self {
            id: transaction.id,
            listing_id: transaction.listing_id,
            prompt_id: transaction.prompt_id,
            buyer_id: transaction.buyer_id,
            seller_id: transaction.seller_id,
            license_type: transaction.license_type,
            amount: transaction.amount.amount(&transaction.currency),
            platform_fee: transaction.platform_fee.amount(&transaction.currency),
            currency: transaction.currency,
            status: transaction.status,
            payment_method: transaction.payment_method,
            failure_reason: transaction.failure_reason,
            license: license.map(|license| License::seen_by(viewer, license)),
            created_at: transaction.created_at,
            transaction_date: transaction.created_at,
            completed_at: transaction.completed_at,
            refunded_at: transaction.refunded_at,
        }
    }
}

/// The right that a purchase gave.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct License {
    id: LicenseId,
    transaction_id: TransactionId,
    prompt_id: PromptId,
    /// The version that was bought.
    prompt_version: i32,
    buyer_id: UserId,
    license_type: LicenseType,
    /// Null for anyone but the holder. The last two characters check the others.
    #[schema(example = "3WB8-0Z7R-MV9P-3AHC-B91M-ZNFG-Q4WB")]
    license_key: Option<String>,
    /// Null when it does not expire.
    expires_at: Option<Timestamp>,
    is_active: bool,
    created_at: Timestamp,
}

impl License {
    pub fn seen_by(viewer: UserId, license: domain::License) -> Self {
        Self {
            is_active: license.is_active(),
            id: license.id,
            transaction_id: license.transaction_id,
            prompt_id: license.prompt_id,
            prompt_version: license.prompt_version,
            license_key: (license.buyer_id == viewer).then_some(license.license_key),
            buyer_id: license.buyer_id,
            license_type: license.license_type,
            expires_at: license.expires_at,
            created_at: license.created_at,
        }
    }
}
