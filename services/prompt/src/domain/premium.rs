use ids::{LicenseId, PromptId, UserId};
use pg::Timestamp;
use rust_decimal::Decimal;

/// Whether a prompt is premium, as the marketplace says.
#[derive(Clone, Debug)]
pub struct Premium {
    pub premium: bool,
    /// There is one exactly when it is premium.
    pub price: Option<Decimal>,
    /// The marketplace's own count of what it said; the highest stands.
    pub revision: i64,
}

/// What a licence gives.
#[derive(Clone, Debug)]
pub struct Entitlement {
    pub license_id: LicenseId,
    pub prompt_id: PromptId,
    /// Who may read; nobody once it is revoked.
    pub user_id: Option<UserId>,
    /// The first version they may read.
    pub version: Option<i32>,
    /// `None` lasts for ever.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}
