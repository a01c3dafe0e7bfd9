//! A purchase, as its viewer sees it.

use ids::{ListingId, PromptId, TransactionId, UserId};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::license_response::LicenseResponse;
use crate::domain::{Amount, Currency, LicenseType, PaymentMethod, Purchase, TransactionStatus};

/// A purchase.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionResponse {
    id: TransactionId,
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
    license: Option<LicenseResponse>,
    created_at: Timestamp,
    /// The same as `createdAt`.
    transaction_date: Timestamp,
    completed_at: Option<Timestamp>,
    /// When it was given back: only when REFUNDED.
    refunded_at: Option<Timestamp>,
}

/// Writes the body of the 201 that a buyer gets for a purchase.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn write_purchase(purchase: Purchase) -> serde_json::Result<String> {
    let buyer = purchase.transaction.buyer_id;
    serde_json::to_string(&TransactionResponse::seen_by(buyer)(purchase))
}

impl TransactionResponse {
    /// Shows a purchase to `viewer`; the licence's key is for its holder only.
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
            license: license.map(|license| LicenseResponse::seen_by(viewer, license)),
            created_at: transaction.created_at,
            transaction_date: transaction.created_at,
            completed_at: transaction.completed_at,
            refunded_at: transaction.refunded_at,
        }
    }
}
