//! `/internal/prompts/{id}/premium` and `/entitlements`: for the marketplace, which says which
//! prompts are premium and who may read them. Not described: no client can reach it.

use auth::Internal;
use axum::{Router, extract::State, routing::put};
use garde::Validate;
use http_kit::{ApiResult, Json, Path};
use ids::{LicenseId, PromptId, UserId};
use pg::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

use crate::{domain, service::premium, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(
        Router::new()
            .route("/internal/prompts/{id}/premium", put(set))
            .route("/internal/prompts/{id}/entitlements/{licenseId}", put(grant).delete(revoke)),
    )
}

#[derive(Deserialize, Validate)]
struct SetPremium {
    #[garde(skip)]
    premium: bool,
    #[garde(custom(agrees_with(self.premium)))]
    #[serde(with = "http_kit::decimal::option", default)]
    price: Option<Decimal>,
    #[garde(range(min = 1))]
    revision: i64,
}

/// The rule for prices: one exactly when the prompt is premium. Which decimals it may have follows from
/// its currency, which is the marketplace's to know; none has more than four.
fn agrees_with(premium: bool) -> impl Fn(&Option<Decimal>, &()) -> garde::Result {
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

/// What stands, whether or not the call changed it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Premium {
    prompt_id: PromptId,
    premium: bool,
    #[serde(with = "http_kit::decimal::option")]
    price: Option<Decimal>,
    revision: i64,
}

#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct Grant {
    #[garde(skip)]
    user_id: UserId,
    /// The first version that the holder may read.
    #[garde(range(min = 1))]
    version: i32,
    /// Absent or null: never.
    #[garde(skip)]
    expires_at: Option<Timestamp>,
}

/// What stands, whether or not the call changed it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entitlement {
    license_id: LicenseId,
    prompt_id: PromptId,
    user_id: Option<UserId>,
    version: Option<i32>,
    expires_at: Option<Timestamp>,
    /// Null while it stands; once set, nothing brings it back.
    revoked_at: Option<Timestamp>,
}

impl From<domain::Entitlement> for Entitlement {
    fn from(entitlement: domain::Entitlement) -> Self {
        Self {
            license_id: entitlement.license_id,
            prompt_id: entitlement.prompt_id,
            user_id: entitlement.user_id,
            version: entitlement.version,
            expires_at: entitlement.expires_at,
            revoked_at: entitlement.revoked_at,
        }
    }
}

/// Applied only if `revision` is higher than the last one applied.
async fn set(
    _: Internal,
    State(state): State<AppState>,
    Path(id): Path<PromptId>,
    Json(body): Json<SetPremium>,
) -> ApiResult<Json<Premium>> {
    let said =
        domain::Premium { premium: body.premium, price: body.price, revision: body.revision };
    let now = premium::set(&state, id, said).await?;
    Ok(Json(Premium {
        prompt_id: id,
        premium: now.premium,
        price: now.price,
        revision: now.revision,
    }))
}

/// Without effect on a licence that was revoked.
async fn grant(
    _: Internal,
    State(state): State<AppState>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    Json(body): Json<Grant>,
) -> ApiResult<Json<Entitlement>> {
    let now =
        premium::grant(&state, id, license, body.user_id, body.version, body.expires_at).await?;
    Ok(Json(now.into()))
}

/// For good, whether or not it was granted before.
async fn revoke(
    _: Internal,
    State(state): State<AppState>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
) -> ApiResult<Json<Entitlement>> {
    Ok(Json(premium::revoke(&state, id, license).await?.into()))
}
