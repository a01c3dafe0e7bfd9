//! Calls of the marketplace, which decides which prompts are premium and who may read them.

use garde::Validate;
use http_kit::decimal;
use ids::{LicenseId, PromptId, UserId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use crate::{
    call::{Call, Method},
    refusal::refusals,
};

refusals! {
    /// The prompt was deleted.
    UnknownPrompt {
        PromptNotFound = NOT_FOUND "PROMPT_NOT_FOUND" "No such prompt.",
    }
}

/// Makes a prompt premium or free, if `revision` is higher than the last one applied.
pub struct SetPremium;

impl Call for SetPremium {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/internal/prompts/{id}/premium";
    type Params = PromptId;
    type Request = SetPremiumRequest;
    type Response = PremiumResponse;
    type Refusal = UnknownPrompt;
}

#[derive(Debug, Serialize, Deserialize, Validate)]
pub struct SetPremiumRequest {
    #[garde(skip)]
    pub premium: bool,
    #[garde(custom(is_price_of(self.premium)))]
    #[serde(with = "decimal::option", default)]
    pub price: Option<Decimal>,
    #[garde(range(min = 1))]
    pub revision: i64,
}

/// Checks that there is a price exactly when the prompt is premium. Its currency decides how many
/// decimals it may have, which only the marketplace knows; no currency has more than four.
fn is_price_of(premium: bool) -> impl Fn(&Option<Decimal>, &()) -> garde::Result {
    /// 9,999,999,999.99: more than any price that the marketplace takes.
    const MAX: Decimal = Decimal::from_parts(0xd4a5_0fff, 0xe8, 0, false, 2);
    move |price, ()| match price {
        None if premium => Err(garde::Error::new("is missing: the prompt is premium")),
        Some(_) if !premium => Err(garde::Error::new("must be null: the prompt is not premium")),
        Some(price) if *price <= Decimal::ZERO || *price > MAX => {
            Err(garde::Error::new(format!("must be more than 0 and at most {MAX}")))
        }
        Some(price) if price.normalize().scale() > 4 => {
            Err(garde::Error::new("must have at most four decimals"))
        }
        _ => Ok(()),
    }
}

/// What holds after the call, whether or not the call changed it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PremiumResponse {
    pub prompt_id: PromptId,
    pub premium: bool,
    #[serde(with = "decimal::option")]
    pub price: Option<Decimal>,
    pub revision: i64,
}

/// Lets the holder of a licence read a version and all later ones. Without effect on a licence that
/// was revoked.
pub struct GrantEntitlement;

impl Call for GrantEntitlement {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/internal/prompts/{id}/entitlements/{licenseId}";
    type Params = (PromptId, LicenseId);
    type Request = GrantEntitlementRequest;
    type Response = EntitlementResponse;
    type Refusal = UnknownPrompt;
}

#[derive(Debug, Serialize, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
pub struct GrantEntitlementRequest {
    #[garde(skip)]
    pub user_id: UserId,
    /// The first version that the holder may read.
    #[garde(range(min = 1))]
    pub version: i32,
    /// `null` for a licence that does not expire.
    #[garde(skip)]
    pub expires_at: Option<Timestamp>,
}

/// Revokes a licence for good, whether or not it was granted before.
pub struct RevokeEntitlement;

impl Call for RevokeEntitlement {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = GrantEntitlement::PATH;
    type Params = (PromptId, LicenseId);
    type Request = ();
    type Response = EntitlementResponse;
    type Refusal = UnknownPrompt;
}

/// What holds after the call, whether or not the call changed it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementResponse {
    pub license_id: LicenseId,
    pub prompt_id: PromptId,
    pub user_id: Option<UserId>,
    pub version: Option<i32>,
    pub expires_at: Option<Timestamp>,
    /// `null` while the entitlement holds; never `null` again after that.
    pub revoked_at: Option<Timestamp>,
}
