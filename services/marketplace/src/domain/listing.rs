use http_kit::text;
use ids::{ListingId, PromptId, UserId};
use pg::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Currency, LicenseType, Money};
use crate::error::ServiceError;

/// Whether a listing is on sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListingStatus {
    Active,
    /// Taken off sale for now.
    Paused,
    /// Taken off sale for good.
    Removed,
}

/// A prompt on offer, with the copy of it that was taken when it was listed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listing {
    pub id: ListingId,
    pub prompt_id: PromptId,
    pub prompt_version: i32,
    pub prompt_title: String,
    pub prompt_description: Option<String>,
    pub prompt_category: String,
    pub content_preview: String,
    pub average_rating: Option<Decimal>,
    pub seller_id: UserId,
    pub seller_username: String,
    pub title: String,
    pub description: Option<String>,
    pub price: Money,
    pub commercial_price: Option<Money>,
    pub currency: Currency,
    pub status: ListingStatus,
    pub sales_count: i32,
    pub created_at: Timestamp,
    /// Since when it has been on sale without a break.
    pub listed_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Listing {
    /// What `buyer` pays for a licence of this type now.
    pub fn price_for(
        &self,
        buyer: UserId,
        license_type: LicenseType,
    ) -> Result<Money, ServiceError> {
        match self.status {
            ListingStatus::Removed => Err(ServiceError::ListingNotFound),
            _ if self.seller_id == buyer => Err(ServiceError::OwnListing),
            ListingStatus::Paused => Err(ServiceError::ListingNotActive),
            ListingStatus::Active => match license_type {
                LicenseType::Personal => Ok(self.price),
                LicenseType::Commercial => {
                    self.commercial_price.ok_or(ServiceError::NotOfferedCommercially)
                }
            },
        }
    }

    /// Where this listing stands in that order.
    pub fn position(&self, sort_by: SortBy) -> ListingPosition {
        match sort_by {
            SortBy::Newest => ListingPosition::Newest(self.id),
            SortBy::Popular => ListingPosition::Popular(self.sales_count, self.id),
            SortBy::PriceLow => ListingPosition::PriceLow(self.price, self.id),
            SortBy::PriceHigh => ListingPosition::PriceHigh(self.price, self.id),
            SortBy::TopRated => {
                ListingPosition::TopRated(self.average_rating.unwrap_or_default(), self.id)
            }
        }
    }
}

/// What the seller asks for a prompt; what is left out is as the prompt has it.
#[derive(Debug)]
pub struct NewListing {
    pub prompt_id: PromptId,
    pub title: Option<String>,
    pub description: Option<String>,
    pub price: Money,
    pub commercial_price: Option<Money>,
    pub currency: Currency,
}

/// An order of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SortBy {
    #[default]
    Newest,
    /// Most sold first.
    Popular,
    /// Cheapest first.
    PriceLow,
    /// Dearest first.
    PriceHigh,
    /// Best rated first; without a rating last.
    TopRated,
}

/// A place in one of the orders; ties are broken by id. What a cursor holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum ListingPosition {
    Newest(ListingId),
    Popular(i32, ListingId),
    PriceLow(Money, ListingId),
    PriceHigh(Money, ListingId),
    TopRated(Decimal, ListingId),
}

impl ListingPosition {
    pub fn is_of(&self, sort_by: SortBy) -> bool {
        sort_by
            == match self {
                Self::Newest(..) => SortBy::Newest,
                Self::Popular(..) => SortBy::Popular,
                Self::PriceLow(..) => SortBy::PriceLow,
                Self::PriceHigh(..) => SortBy::PriceHigh,
                Self::TopRated(..) => SortBy::TopRated,
            }
    }
}

/// The rule for titles: 3 to 200 characters without the white space around them, on one line, some of
/// them visible.
pub fn title<C>(value: &str, _: &C) -> garde::Result {
    let length = value.trim().chars().count();
    text::visible(value, &())?;
    text::one_line(value, &())?;
    match (3..=200).contains(&length) {
        true => Ok(()),
        false => Err(garde::Error::new(format!("must have 3 to 200 characters, has {length}"))),
    }
}

/// The rule for descriptions: at most 1,000 characters, visible ones if any.
pub fn description<C>(value: &str, _: &C) -> garde::Result {
    let length = value.trim().chars().count();
    text::visible_or_empty(value, &())?;
    text::several_lines(value, &())?;
    match length > 1000 {
        false => Ok(()),
        true => Err(garde::Error::new(format!("must have at most 1000 characters, has {length}"))),
    }
}
