//! A licence, as its viewer sees it.

use ids::{LicenseId, PromptId, TransactionId, UserId};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use crate::domain::{License, LicenseType};

/// The right that a purchase gave.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenseResponse {
    id: LicenseId,
    transaction_id: TransactionId,
    prompt_id: PromptId,
    /// The prompt's title as it is now, or was when the prompt was deleted.
    #[schema(example = "Code reviewer")]
    prompt_title: String,
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

impl LicenseResponse {
    /// Shows a licence to `viewer`; its key is for its holder only.
    pub fn seen_by(viewer: UserId, license: License) -> Self {
        Self {
            is_active: license.is_active(),
            id: license.id,
            transaction_id: license.transaction_id,
            prompt_id: license.prompt_id,
            prompt_title: license.prompt_title,
            prompt_version: license.prompt_version,
            license_key: (license.buyer_id == viewer).then_some(license.license_key),
            buyer_id: license.buyer_id,
            license_type: license.license_type,
            expires_at: license.expires_at,
            created_at: license.created_at,
        }
    }
}
