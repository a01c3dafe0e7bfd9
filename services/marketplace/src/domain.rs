//! The types of the marketplace, which cannot hold a bad value, and the rules for them.

mod currency;
mod keyed_request;
mod license;
mod license_key;
mod listing;
mod listing_document;
mod money;
mod payment_method;
mod prompt;
mod prompt_copy;
mod prompt_sync;
mod purchase_receipt;
mod revenue;
mod transaction;

pub use currency::Currency;
pub use keyed_request::KeyedRequest;
pub use license::{License, LicenseType};
pub use license_key::LicenseKey;
pub use listing::{
    Listing, ListingCursor, ListingFilter, ListingStatus, ListingTerms, NewListing, NotForSale,
    SortBy, check_description, check_title,
};
pub use money::{Amount, Money, PlatformFee};
pub use payment_method::PaymentMethod;
pub use prompt::Prompt;
pub use prompt_copy::PromptCopy;
pub use prompt_sync::{SyncChange, SyncKind, SyncMessage, SyncSubject};
pub use purchase_receipt::PurchaseReceipt;
pub use revenue::{ListingRevenue, MonthRevenue, Revenue, Sales};
pub use transaction::{NewTransaction, Purchase, RefundRequest, Transaction, TransactionStatus};
