//! `/internal/prompts/{id}/premium` and `/entitlements`: the marketplace sets which prompts are
//! premium, and who may read them.

use auth::Internal;
use axum::{Router, extract::State};
use http_kit::Path;
use ids::{LicenseId, PromptId};
use internal_api::{
    Failure, Request, Serve,
    prompt::{
        EntitlementResponse, GrantEntitlement, PremiumResponse, RevokeEntitlement, SetPremium,
        UnknownPrompt,
    },
};

use crate::{
    domain::{Entitlement, Premium},
    error::ServiceError,
    service::premium,
    state::AppState,
};

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(SetPremium::route(set_premium))
        .merge(GrantEntitlement::route(grant_entitlement))
        .merge(RevokeEntitlement::route(revoke_entitlement))
}

async fn set_premium(
    _: Internal,
    State(state): State<AppState>,
    Path(id): Path<PromptId>,
    Request(body): Request<SetPremium>,
) -> Result<PremiumResponse, Failure<UnknownPrompt>> {
    let premium = Premium { premium: body.premium, price: body.price, revision: body.revision };
    let current = premium::set(&state, id, premium).await.map_err(failure)?;
    Ok(PremiumResponse {
        prompt_id: id,
        premium: current.premium,
        price: current.price,
        revision: current.revision,
    })
}

async fn grant_entitlement(
    _: Internal,
    State(state): State<AppState>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    Request(body): Request<GrantEntitlement>,
) -> Result<EntitlementResponse, Failure<UnknownPrompt>> {
    premium::grant(&state, id, license, body.user_id, body.version, body.expires_at)
        .await
        .map(to_response)
        .map_err(failure)
}

async fn revoke_entitlement(
    _: Internal,
    State(state): State<AppState>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    _: Request<RevokeEntitlement>,
) -> Result<EntitlementResponse, Failure<UnknownPrompt>> {
    premium::revoke(&state, id, license).await.map(to_response).map_err(failure)
}

fn to_response(entitlement: Entitlement) -> EntitlementResponse {
    EntitlementResponse {
        license_id: entitlement.license_id,
        prompt_id: entitlement.prompt_id,
        user_id: entitlement.user_id,
        version: entitlement.version,
        expires_at: entitlement.expires_at,
        revoked_at: entitlement.revoked_at,
    }
}

fn failure(error: ServiceError) -> Failure<UnknownPrompt> {
    match error {
        ServiceError::PromptNotFound => Failure::Refused(UnknownPrompt::PromptNotFound),
        other => other.into(),
    }
}
