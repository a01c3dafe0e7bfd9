use ids::{LicenseId, PromptId, UserId};
use rust_decimal::Decimal;
use timestamp::Timestamp;

/// The premium state of a prompt, which the marketplace sets.
#[derive(Clone, Debug)]
pub struct Premium {
    pub premium: bool,
    /// The price; `Some` exactly when the prompt is premium.
    pub price: Option<Decimal>,
    /// The marketplace's own count of its calls; the highest wins.
    pub revision: i64,
}

/// The right to read a prompt that a licence gives.
#[derive(Clone, Debug)]
pub struct Entitlement {
    pub license_id: LicenseId,
    pub prompt_id: PromptId,
    /// The holder, who may read; `None` once it is revoked.
    pub user_id: Option<UserId>,
    /// The first version that the holder may read.
    pub version: Option<i32>,
    /// The end of the right; `None` when it has none.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}
