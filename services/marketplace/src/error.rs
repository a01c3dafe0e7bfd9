use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use http_kit::ApiError;
use ids::TransactionId;
use internal_api::{
    CallError,
    prompt::{GetPromptRefusal, UnknownPrompt},
};

use crate::domain::{Amount, Currency};

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("no such prompt")]
    PromptNotFound,
    #[error("not the prompt's author")]
    NotAuthor,
    #[error("the prompt is listed already")]
    AlreadyListed,
    #[error("no such listing")]
    ListingNotFound,
    #[error("not the seller")]
    NotSeller,
    #[error("the listing was removed")]
    ListingRemoved,
    #[error("the listing is not active")]
    ListingNotActive,
    #[error("one's own listing")]
    OwnListing,
    #[error("no commercial licence on offer")]
    NotOfferedCommercially,
    #[error("the same licence is held already")]
    AlreadyLicensed,
    #[error("the same licence is being bought")]
    PurchaseInProgress,
    #[error("declined: {reason}")]
    PaymentDeclined { transaction: TransactionId, reason: String },
    #[error("the payment provider has not answered")]
    PaymentPending { transaction: TransactionId, settled_in: Duration },
    #[error("draft or archived")]
    PromptNotPublished,
    #[error("the price is {now} {currency} by now")]
    PriceChanged { now: Amount, currency: Currency },
    #[error(transparent)]
    Key(#[from] idempotency::Error),
    #[error("not completed")]
    NotRefundable,
    #[error("not the seller")]
    RefundNotYours,
    #[error("the payment provider has not said that it gave the money back")]
    RefundPending { settled_in: Duration },
    #[error("not given back: {reason}")]
    RefundRefused { reason: String },
    #[error("the licence has ended or expired")]
    LicenseNotValid,
    #[error("older than the licensed version")]
    VersionNotLicensed,
    #[error("no such version")]
    VersionNotFound,
    #[error("no such transaction")]
    TransactionNotFound,
    #[error("no such licence")]
    LicenseNotFound,
    #[error("someone else's")]
    NotYours,
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Database(sqlx::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<CallError<GetPromptRefusal>> for ServiceError {
    fn from(error: CallError<GetPromptRefusal>) -> Self {
        match error.into_refusal() {
            Ok(GetPromptRefusal::PromptNotFound) => Self::PromptNotFound,
            Ok(GetPromptRefusal::VersionNotFound) => Self::VersionNotFound,
            Ok(GetPromptRefusal::LabelNotFound) => {
                Self::Internal(anyhow::anyhow!("the prompt service misses a label, and got none"))
            }
            Err(error) => Self::Call(error),
        }
    }
}

impl From<CallError<UnknownPrompt>> for ServiceError {
    fn from(error: CallError<UnknownPrompt>) -> Self {
        match error.into_refusal() {
            Ok(UnknownPrompt::PromptNotFound) => Self::PromptNotFound,
            Err(error) => Self::Call(error),
        }
    }
}

impl From<sqlx::Error> for ServiceError {
    /// What a violated constraint means.
    fn from(error: sqlx::Error) -> Self {
        match pg::violated(&error) {
            Some("listings_prompt_key") => Self::AlreadyListed,
            Some("transactions_reservation_key") => Self::PurchaseInProgress,
            Some("purchase_keys_pkey") => Self::Key(idempotency::Error::InUse),
            _ => Self::Database(error),
        }
    }
}

/// Whole seconds after which `time` is over.
fn seconds(time: Duration) -> HeaderValue {
    HeaderValue::from(time.as_secs_f64().ceil() as u64)
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::PromptNotFound => {
                ApiError::not_found("PROMPT_NOT_FOUND", "No such prompt.")
            }
            ServiceError::NotAuthor => {
                ApiError::forbidden("Only the prompt's author may offer it for sale.")
            }
            ServiceError::AlreadyListed => {
                ApiError::conflict("ALREADY_LISTED", "This prompt is listed already.")
            }
            ServiceError::ListingNotFound => {
                ApiError::not_found("LISTING_NOT_FOUND", "No such listing.")
            }
            ServiceError::NotSeller => ApiError::forbidden("Only the seller may do this."),
            ServiceError::ListingRemoved => {
                ApiError::conflict("LISTING_REMOVED", "This listing was removed.")
            }
            ServiceError::ListingNotActive => {
                ApiError::conflict("LISTING_NOT_ACTIVE", "This listing is not on sale right now.")
            }
            ServiceError::OwnListing => {
                ApiError::conflict("OWN_LISTING", "You cannot buy what you sell.")
            }
            ServiceError::NotOfferedCommercially => ApiError::unprocessable(
                "NO_COMMERCIAL_LICENSE",
                "This listing has no commercial price.",
            )
            .with_field("licenseType", "is not on offer here"),
            ServiceError::AlreadyLicensed => {
                ApiError::conflict("ALREADY_LICENSED", "You hold this licence already.")
            }
            ServiceError::PurchaseInProgress => ApiError::conflict(
                "PURCHASE_IN_PROGRESS",
                "You are buying this licence already; that purchase is not settled yet.",
            ),
            ServiceError::PaymentDeclined { transaction, reason } => ApiError::new(
                StatusCode::PAYMENT_REQUIRED,
                "PAYMENT_DECLINED",
                format!("The payment was declined: {reason}. Transaction {transaction}."),
            ),
            ServiceError::PaymentPending { transaction, settled_in } => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "PAYMENT_PENDING",
                format!(
                    "The payment provider has not answered yet. Transaction {transaction} is \
                     pending and will be settled within a minute; do not pay again."
                ),
            )
            .with_header(header::RETRY_AFTER, seconds(settled_in)),
            ServiceError::PromptNotPublished => ApiError::conflict(
                "PROMPT_NOT_PUBLISHED",
                "A draft or an archived prompt cannot be offered: publish it first.",
            ),
            ServiceError::PriceChanged { now, currency } => ApiError::conflict(
                "PRICE_CHANGED",
                format!("The price is {now} {currency} by now. Nothing was charged."),
            )
            .with_field("expectedAmount", format!("is {now} {currency} by now")),
            ServiceError::Key(error) => error.into(),
            ServiceError::NotRefundable => ApiError::conflict(
                "NOT_REFUNDABLE",
                "Only a purchase that was completed can be given back.",
            ),
            ServiceError::RefundNotYours => ApiError::forbidden(
                "Only the seller, or an administrator, may give the money back.",
            ),
            ServiceError::RefundPending { settled_in } => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "REFUND_PENDING",
                "The payment provider has not answered yet. The refund is on record and will be \
                 finished within a minute.",
            )
            .with_header(header::RETRY_AFTER, seconds(settled_in)),
            ServiceError::RefundRefused { reason } => ApiError::unprocessable(
                "REFUND_REFUSED",
                format!("The payment provider does not give the money back: {reason}."),
            ),
            ServiceError::LicenseNotValid => ApiError::new(
                StatusCode::FORBIDDEN,
                "LICENSE_NOT_VALID",
                "This licence has expired or was ended.",
            ),
            ServiceError::VersionNotLicensed => ApiError::new(
                StatusCode::FORBIDDEN,
                "VERSION_NOT_LICENSED",
                "This version is older than the one that was licensed.",
            ),
            ServiceError::VersionNotFound => {
                ApiError::not_found("VERSION_NOT_FOUND", "This prompt has no such version.")
            }
            ServiceError::TransactionNotFound => {
                ApiError::not_found("TRANSACTION_NOT_FOUND", "No such transaction.")
            }
            ServiceError::LicenseNotFound => {
                ApiError::not_found("LICENSE_NOT_FOUND", "No such licence.")
            }
            ServiceError::NotYours => {
                ApiError::forbidden("Only that user, or an administrator, may see this.")
            }
            ServiceError::Call(error) => error.into(),
            ServiceError::Database(error) => pg::api_error(error),
            ServiceError::Internal(error) => ApiError::internal(error),
        }
    }
}
