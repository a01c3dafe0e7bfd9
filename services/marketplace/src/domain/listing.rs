//! Prompts on sale: their state, their price, and the orders in which they are listed.

use http_kit::text;
use ids::{ListingId, PromptId, UserId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::{Currency, LicenseType, Money};

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

/// A prompt on sale, with the copy of it that was taken when it was listed.
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
    /// The time since which the listing has been on sale without a break.
    pub listed_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A reason why a buyer cannot buy a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotForSale {
    Removed,
    OwnListing,
    Paused,
    NoCommercialPrice,
}

impl Listing {
    /// Returns the price that `buyer` pays now for a licence of this type.
    pub fn price_for(&self, buyer: UserId, license_type: LicenseType) -> Result<Money, NotForSale> {
        match self.status {
            ListingStatus::Removed => Err(NotForSale::Removed),
            _ if self.seller_id == buyer => Err(NotForSale::OwnListing),
            ListingStatus::Paused => Err(NotForSale::Paused),
            ListingStatus::Active => match license_type {
                LicenseType::Personal => Ok(self.price),
                LicenseType::Commercial => {
                    self.commercial_price.ok_or(NotForSale::NoCommercialPrice)
                }
            },
        }
    }

    /// Returns the cursor behind this listing in an order.
    pub fn cursor(&self, sort_by: SortBy) -> ListingCursor {
        match sort_by {
            SortBy::Newest => ListingCursor::Newest(self.id),
            SortBy::Popular => ListingCursor::Popular(self.sales_count, self.id),
            SortBy::PriceLow => ListingCursor::PriceLow(self.price, self.id),
            SortBy::PriceHigh => ListingCursor::PriceHigh(self.price, self.id),
            SortBy::TopRated => {
                ListingCursor::TopRated(self.average_rating.unwrap_or_default(), self.id)
            }
        }
    }
}

/// The terms on which a seller offers a prompt. `None` takes the prompt's own words.
#[derive(Debug)]
pub struct ListingTerms {
    pub prompt_id: PromptId,
    pub title: Option<String>,
    pub description: Option<String>,
    pub price: Money,
    pub commercial_price: Option<Money>,
    pub currency: Currency,
}

/// A listing before its first row is written.
#[derive(Debug)]
pub struct NewListing {
    pub id: ListingId,
    pub prompt_id: PromptId,
    pub prompt_version: i32,
    pub prompt_title: String,
    pub prompt_description: Option<String>,
    pub prompt_category: String,
    pub content_preview: String,
    /// `None` when the prompt service withholds the content.
    pub content: Option<String>,
    pub average_rating: Option<Decimal>,
    pub seller_id: UserId,
    pub seller_username: String,
    pub title: String,
    pub description: Option<String>,
    pub price: Money,
    pub commercial_price: Option<Money>,
    pub currency: Currency,
}

/// A selection among the listings on sale; `None` does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListingFilter {
    pub prompt: Option<PromptId>,
    /// Compared without regard to case.
    pub category: Option<String>,
    pub min_price: Option<Decimal>,
    pub max_price: Option<Decimal>,
    /// The listings that a search has found.
    pub ids: Option<Vec<ListingId>>,
}

/// An order of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, ToSchema)]
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

/// A position in one of the orders; ids break ties.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum ListingCursor {
    Newest(ListingId),
    Popular(i32, ListingId),
    PriceLow(Money, ListingId),
    PriceHigh(Money, ListingId),
    TopRated(Decimal, ListingId),
}

impl ListingCursor {
    pub fn sort_by(&self) -> SortBy {
        match self {
            Self::Newest(..) => SortBy::Newest,
            Self::Popular(..) => SortBy::Popular,
            Self::PriceLow(..) => SortBy::PriceLow,
            Self::PriceHigh(..) => SortBy::PriceHigh,
            Self::TopRated(..) => SortBy::TopRated,
        }
    }
}

/// Checks a title: 3 to 200 characters without the white space around them, on one line, some of
/// them visible.
pub fn check_title<C>(value: &str, _: &C) -> garde::Result {
    let length = value.trim().chars().count();
    text::visible(value, &())?;
    text::one_line(value, &())?;
    match (3..=200).contains(&length) {
        true => Ok(()),
        false => Err(garde::Error::new(format!("must have 3 to 200 characters, has {length}"))),
    }
}

/// Checks a description: at most 1,000 characters, visible ones if any.
pub fn check_description<C>(value: &str, _: &C) -> garde::Result {
    let length = value.trim().chars().count();
    text::visible_or_empty(value, &())?;
    text::several_lines(value, &())?;
    match length > 1000 {
        false => Ok(()),
        true => Err(garde::Error::new(format!("must have at most 1000 characters, has {length}"))),
    }
}
