//! Who is calling: from the access token, and from nothing else.

use std::sync::Arc;

use auth::{
    TokenError,
    identity::{X_INTERNAL_TOKEN, X_SESSION_ID, X_USER_ID, X_USER_ROLES, X_USERNAME},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_kit::{ApiError, problem::codes};

use crate::{callers::Caller, state::AppState};

/// Returns the caller that the request's access token names; `None` without a token.
///
/// # Errors
/// 401 for a token that is not good, on any route; 503 when it cannot be judged.
pub async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
) -> Result<Option<Arc<Caller>>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| invalid_token("The Authorization header is not a bearer token."))?;
    let caller = match state.callers.verify(&state.verifier, token).await {
        Ok(caller) => caller,
        Err(TokenError::Invalid) => {
            return Err(invalid_token("The access token is not valid or has expired."));
        }
        Err(error @ TokenError::KeysUnavailable(_)) => {
            return Err(ApiError::unavailable("user service", error));
        }
    };
    // Checked for every request: a verified token may be remembered, its not being revoked may not.
    match state.revocations.is_revoked(caller.claims.sid).await {
        Ok(false) => Ok(Some(caller)),
        Ok(true) => Err(invalid_token("The session of the access token is over. Sign in again.")),
        Err(error) => Err(ApiError::unavailable("user service", error)),
    }
}

fn invalid_token(detail: &'static str) -> ApiError {
    ApiError::of(codes::InvalidToken::CODE, detail).with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(r#"Bearer error="invalid_token""#),
    )
}

/// Removes the identity headers that the client sent, and sets our own.
///
/// Names are compared as a service might read them: some stacks take `x_user_id` for `X-User-Id`.
pub fn set_identity_headers(
    headers: &mut HeaderMap,
    caller: Option<&Caller>,
    internal_token: &HeaderValue,
) {
    let forged: Vec<HeaderName> =
        headers.keys().filter(|name| is_ours(name.as_str())).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    // No service needs the token, and one that is not sent cannot leak.
    headers.remove(header::AUTHORIZATION);
    headers.insert(&X_INTERNAL_TOKEN, internal_token.clone());
    if let Some(caller) = caller {
        for (name, value) in &caller.headers {
            headers.insert(name, value.clone());
        }
    }
}

/// Tells whether a header is one that only a gateway may set.
fn is_ours(name: &str) -> bool {
    let ours = [&X_USER_ID, &X_USERNAME, &X_USER_ROLES, &X_SESSION_ID, &X_INTERNAL_TOKEN];
    let is_same = |our: &str| {
        let pairs = our.bytes().zip(name.bytes());
        our.len() == name.len() && pairs.into_iter().all(|(a, b)| a == b || (a, b) == (b'-', b'_'))
    };
    name.starts_with('x') && ours.iter().any(|our| is_same(our.as_str()))
}
