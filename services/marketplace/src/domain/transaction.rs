//! Purchases, and what they are made from.

use ids::{LicenseId, ListingId, PromptId, TransactionId, UserId};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::{Currency, License, LicenseType, Money, PaymentMethod};

/// How far a purchase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TransactionStatus {
    /// The outcome of the charge is not known yet; a job settles it within a minute.
    Pending,
    /// The charge succeeded, and the licence exists.
    Completed,
    /// The charge was declined or cancelled.
    Failed,
    /// The charge was refunded, and the licence has ended.
    Refunded,
}

/// A purchase, from the reservation on.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub id: TransactionId,
    pub listing_id: ListingId,
    pub prompt_id: PromptId,
    pub buyer_id: UserId,
    pub seller_id: UserId,
    pub license_type: LicenseType,
    pub amount: Money,
    pub platform_fee: Money,
    pub currency: Currency,
    pub payment_method: PaymentMethod,
    pub license_id: Option<LicenseId>,
    pub status: TransactionStatus,
    pub failure_reason: Option<String>,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub refunded_at: Option<Timestamp>,
}

/// A transaction with the licence that it gave.
pub struct Purchase {
    pub transaction: Transaction,
    pub license: Option<License>,
}

/// A purchase before its first row is written.
#[derive(Debug)]
pub struct NewTransaction {
    pub id: TransactionId,
    pub listing_id: ListingId,
    pub prompt_id: PromptId,
    pub prompt_version: i32,
    pub buyer_id: UserId,
    pub seller_id: UserId,
    pub license_type: LicenseType,
    pub amount: Money,
    pub platform_fee: Money,
    pub currency: Currency,
    pub payment_method: PaymentMethod,
}

/// A purchase whose refund has been requested.
#[derive(Debug)]
pub struct RefundRequest {
    pub id: TransactionId,
    pub amount: Money,
    pub currency: Currency,
    pub payment_method: PaymentMethod,
    pub charge_reference: String,
}
