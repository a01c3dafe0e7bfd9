use ids::{LicenseId, PromptId, TransactionId, UserId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::ToSchema;

/// What a licence allows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LicenseType {
    /// A licence for personal use, which does not expire.
    #[default]
    Personal,
    /// A licence for use in a business, which lasts a year.
    Commercial,
}

/// The right to use a prompt, given by a completed purchase.
#[derive(Clone, Debug)]
pub struct License {
    pub id: LicenseId,
    pub transaction_id: TransactionId,
    pub prompt_id: PromptId,
    /// The prompt's title as it is now, or was when the prompt was deleted.
    pub prompt_title: String,
    pub prompt_version: i32,
    pub buyer_id: UserId,
    pub license_type: LicenseType,
    pub license_key: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl License {
    pub fn is_active(&self) -> bool {
        self.ended_at.is_none() && self.expires_at.is_none_or(|at| at > Timestamp::now())
    }
}
