//! What is sold and bought: values that cannot hold a bad one, and the rules for them.

mod currency;
mod keyed_request;
mod license;
mod license_key;
mod listing;
mod money;
mod prompt;
mod revenue;
mod step;
mod transaction;

pub use currency::Currency;
pub use keyed_request::KeyedRequest;
pub use license::{License, LicenseType};
pub use license_key::LicenseKey;
pub use listing::{
    Listing, ListingPosition, ListingStatus, NewListing, SortBy, description, title,
};
pub use money::{Amount, Money, PlatformFee};
pub use prompt::Prompt;
pub use revenue::{ListingRevenue, MonthRevenue, Revenue, Sales};
pub use step::{About, Subject};
pub use transaction::{NewTransaction, Transaction, TransactionStatus, WantedRefund};
