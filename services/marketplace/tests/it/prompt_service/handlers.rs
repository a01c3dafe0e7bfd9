//! The calls that the stand-in answers.

use std::convert::Infallible;

use auth::{Internal, InternalToken, identify, identity::X_INTERNAL_TOKEN};
use axum::{
    Router,
    extract::State,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use http_kit::Path;
use ids::{LicenseId, PromptId};
use internal_api::{
    Failure, Request, Serve,
    prompt::{
        EntitlementResponse, GetPrompt, GetPromptRefusal, GrantEntitlement, ListRatings,
        MAX_RATINGS, PremiumResponse, PromptResponse, RatingResponse, RevokeEntitlement,
        SetPremium, SetPremiumRequest, Status, UnknownPrompt, Visibility,
    },
};
use serde_json::{Value, json};
use testkit::INTERNAL_TOKEN;

use super::{Call, Entitlement, Known, Shared};

pub fn router(known: Shared) -> Router {
    let token = InternalToken::new(INTERNAL_TOKEN);
    ListRatings::route(list_ratings)
        .merge(GetPrompt::route(get_prompt))
        .merge(SetPremium::route(set_premium))
        .merge(GrantEntitlement::route(grant_entitlement))
        .merge(RevokeEntitlement::route(revoke_entitlement))
        .layer(middleware::from_fn_with_state(token, identify))
        .layer(middleware::from_fn_with_state(known.clone(), gate))
        .with_state(known)
}

async fn gate(
    State(known): State<Shared>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    assert_eq!(request.headers()[&X_INTERNAL_TOKEN], INTERNAL_TOKEN);
    if known.lock().unwrap().away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn get_prompt(
    Internal(caller): Internal,
    State(known): State<Shared>,
    Path(id): Path<PromptId>,
    Request(query): Request<GetPrompt>,
) -> Result<PromptResponse, Failure<GetPromptRefusal>> {
    let known = known.lock().unwrap();
    let not_found = Failure::Refused(GetPromptRefusal::PromptNotFound);
    let Some(mut prompt) = known.prompt(id) else { return Err(not_found) };
    let newest = prompt.version;
    let version = query.version.unwrap_or(newest);
    let caller = caller.map(|caller| caller.id);
    let is_author = caller == Some(prompt.user_id);
    let readable_from = caller.and_then(|caller| known.readable_from(id, caller));
    if prompt.visibility != Visibility::Public && !is_author && readable_from.is_none() {
        return Err(not_found);
    }
    if !(1..=newest).contains(&version) {
        return Err(Failure::Refused(GetPromptRefusal::VersionNotFound));
    }
    let premium = known.premium.get(&id).is_some_and(|premium| premium.premium);
    if premium && !is_author && readable_from.is_none_or(|from| version < from) {
        prompt.content = None;
    } else if version != newest {
        prompt.content = Some(format!("Version {version}."));
    }
    prompt.version = version;
    Ok(prompt)
}

/// Records a call that changes a prompt, and responds with what `apply` returns.
fn record<T>(
    known: &Shared,
    prompt: PromptId,
    path: String,
    body: Value,
    apply: impl FnOnce(&mut Known) -> T,
) -> Result<T, Failure<UnknownPrompt>> {
    let mut known = known.lock().unwrap();
    known.calls.push(Call { path, body });
    if !known.prompts.contains_key(&prompt) {
        return Err(Failure::Refused(UnknownPrompt::PromptNotFound));
    }
    Ok(apply(&mut known))
}

async fn set_premium(
    _: Internal,
    State(known): State<Shared>,
    Path(id): Path<PromptId>,
    Request(body): Request<SetPremium>,
) -> Result<PremiumResponse, Failure<UnknownPrompt>> {
    assert_eq!(body.premium, body.price.is_some(), "{body:?}");
    record(&known, id, format!("{id}/premium"), json!(body), |known| {
        let free = SetPremiumRequest { premium: false, price: None, revision: 0 };
        let current = known.premium.entry(id).or_insert(free);
        if body.revision > current.revision {
            *current = body;
        }
        PremiumResponse {
            prompt_id: id,
            premium: current.premium,
            price: current.price,
            revision: current.revision,
        }
    })
}

async fn grant_entitlement(
    _: Internal,
    State(known): State<Shared>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    Request(body): Request<GrantEntitlement>,
) -> Result<EntitlementResponse, Failure<UnknownPrompt>> {
    record(&known, id, format!("{id}/entitlements/{license}"), json!(body), |known| {
        let granted = Entitlement { prompt: id, granted: None };
        let is_revoked = known.entitlements.get(&license).is_some_and(|it| it.granted.is_none());
        let current = known.entitlements.entry(license).or_insert(granted);
        if !is_revoked {
            current.granted = Some(body);
        }
        entitlement_response(license, current)
    })
}

async fn revoke_entitlement(
    _: Internal,
    State(known): State<Shared>,
    Path((id, license)): Path<(PromptId, LicenseId)>,
    _: Request<RevokeEntitlement>,
) -> Result<EntitlementResponse, Failure<UnknownPrompt>> {
    record(&known, id, format!("{id}/entitlements/{license}"), Value::Null, |known| {
        let revoked = Entitlement { prompt: id, granted: None };
        let response = entitlement_response(license, &revoked);
        known.entitlements.insert(license, revoked);
        response
    })
}

fn entitlement_response(license_id: LicenseId, entitlement: &Entitlement) -> EntitlementResponse {
    let granted = entitlement.granted.as_ref();
    EntitlementResponse {
        license_id,
        prompt_id: entitlement.prompt,
        user_id: granted.map(|granted| granted.user_id),
        version: granted.map(|granted| granted.version),
        expires_at: granted.and_then(|granted| granted.expires_at),
        revoked_at: granted.is_none().then(timestamp::Timestamp::now),
    }
}

async fn list_ratings(
    _: Internal,
    State(known): State<Shared>,
    _: Path<()>,
    Request(query): Request<ListRatings>,
) -> Result<Vec<RatingResponse>, Failure<Infallible>> {
    let known = known.lock().unwrap();
    let ids = query.ids().unwrap();
    assert!(ids.len() <= MAX_RATINGS);
    let rating = |prompt: PromptResponse| {
        // The words of a draft are not for others.
        let published = prompt.status == Status::Published;
        RatingResponse {
            id: prompt.id,
            title: Some(prompt.title).filter(|_| published),
            description: prompt.description.filter(|_| published),
            category: Some(prompt.category).filter(|_| published),
            average_rating: prompt.average_rating,
        }
    };
    Ok(ids.iter().filter_map(|id| known.prompt(*id)).map(rating).collect())
}
