//! The viewer whose views are counted.

use auth::{ClientAddress, Identity, MaybeUser};
use axum::extract::FromRequestParts;
use http::{header, request::Parts};
use http_kit::ApiError;

use crate::service::view_deduplicator::Viewer;

/// Extracts the caller, and their account or else the client's address and user agent.
pub struct CurrentViewer(pub Option<Identity>, pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for CurrentViewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if let MaybeUser(Some(caller)) = MaybeUser::from_request_parts(parts, state).await? {
            let viewer = Viewer::Account(caller.id);
            return Ok(Self(Some(caller), viewer));
        }
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let user_agent = parts.headers.get(header::USER_AGENT);
        let user_agent = user_agent.map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        Ok(Self(None, Viewer::Anonymous { address, user_agent }))
    }
}
