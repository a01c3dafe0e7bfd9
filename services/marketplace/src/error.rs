//! Errors of use cases, and what clients see of them.

use std::time::Duration;

use http_kit::{ApiError, blocking::BlockingError, page::CursorError};
use ids::TransactionId;
use internal_api::{
    CallError,
    prompt::{GetPromptRefusal, UnknownPrompt},
};

use crate::domain::{Amount, Currency, NotForSale};

http_kit::errors! {
    /// A reason why a use case failed.
    pub enum ServiceError {
        PromptNotFound = 404 PROMPT_NOT_FOUND "No such prompt.";
        VersionNotFound = 404 VERSION_NOT_FOUND "This prompt has no such version.";
        PromptNotPublished = 409 PROMPT_NOT_PUBLISHED
            "A draft or an archived prompt cannot be offered: publish it first.";
        NotAuthor = 403 FORBIDDEN "Only the prompt's author may offer it for sale.";

        ListingNotFound = 404 LISTING_NOT_FOUND "No such listing.";
        AlreadyListed = 409 ALREADY_LISTED "This prompt is listed already.";
        NotSeller = 403 FORBIDDEN "Only the seller may do this.";
        ListingRemoved = 409 LISTING_REMOVED "This listing was removed.";
        ListingNotActive = 409 LISTING_NOT_ACTIVE "This listing is not on sale right now.";
        SearchNotReady = 503 SEARCH_NOT_READY
            "The search index is being built. Please try again."
            .with_retry_after(SEARCH_RETRY);

        OwnListing = 409 OWN_LISTING "You cannot buy what you sell.";
        NoCommercialPrice = 422 NO_COMMERCIAL_LICENSE "This listing has no commercial price."
            .with_field("licenseType", "is not on offer here");
        PriceChanged { now: Amount, currency: Currency } = 409 PRICE_CHANGED
            "The price is {now} {currency} by now. Nothing was charged."
            .with_field("expectedAmount", format!("is {now} {currency} by now"));
        AlreadyLicensed = 409 ALREADY_LICENSED "You hold this licence already.";
        PurchaseInProgress = 409 PURCHASE_IN_PROGRESS
            "You are buying this licence already; that purchase is not settled yet.";
        PaymentDeclined { transaction: TransactionId, reason: String } = 402 PAYMENT_DECLINED
            "The payment was declined: {reason}. Transaction {transaction}.";
        PaymentPending { transaction: TransactionId, settled_in: Duration } = 503 PAYMENT_PENDING
            "The payment provider has not answered yet. Transaction {transaction} is pending and will \
             be settled within a minute; do not pay again."
            .with_retry_after(settled_in);

        TransactionNotFound = 404 TRANSACTION_NOT_FOUND "No such transaction.";
        NotYours = 403 FORBIDDEN "Only that user, or an administrator, may see this.";
        NotRefundable = 409 NOT_REFUNDABLE "Only a purchase that was completed can be given back.";
        RefundNotYours = 403 FORBIDDEN
            "Only the seller, or an administrator, may give the money back.";
        RefundRefused { reason: String } = 422 REFUND_REFUSED
            "The payment provider does not give the money back: {reason}.";
        RefundPending { settled_in: Duration } = 503 REFUND_PENDING
            "The payment provider has not answered yet. The refund is on record and will be finished \
             within a minute."
            .with_retry_after(settled_in);

        LicenseNotFound = 404 LICENSE_NOT_FOUND "No such licence.";
        LicenseNotValid = 403 LICENSE_NOT_VALID "This licence has expired or was ended.";
        VersionNotLicensed = 403 VERSION_NOT_LICENSED
            "This version is older than the one that was licensed.";
    } or {
        Key(#[from] idempotency::Error) => ApiError::from;
        Cursor(#[from] CursorError) => ApiError::from;
        Call(#[from] CallError) => ApiError::from;
        Blocking(#[from] BlockingError) => ApiError::from;
        Database(sqlx::Error) => pg::api_error;
        Internal(#[from] anyhow::Error) => ApiError::internal;
    }
}

/// When to ask again for a search index that was not built yet.
const SEARCH_RETRY: Duration = Duration::from_secs(1);

impl From<NotForSale> for ServiceError {
    fn from(reason: NotForSale) -> Self {
        match reason {
            NotForSale::Removed => Self::ListingNotFound,
            NotForSale::OwnListing => Self::OwnListing,
            NotForSale::Paused => Self::ListingNotActive,
            NotForSale::NoCommercialPrice => Self::NoCommercialPrice,
        }
    }
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
    /// Turns the violation of a named constraint into its error.
    fn from(error: sqlx::Error) -> Self {
        match pg::violated(&error) {
            Some("listings_prompt_key") => Self::AlreadyListed,
            Some("transactions_reservation_key") => Self::PurchaseInProgress,
            Some("purchase_keys_pkey") => Self::Key(idempotency::Error::InUse),
            _ => Self::Database(error),
        }
    }
}
