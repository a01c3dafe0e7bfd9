use auth::ClientAddress;
use axum::extract::FromRequestParts;
use http::{header, request::Parts};
use http_kit::ApiError;

use crate::domain::ClientInfo;

impl<S: Send + Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let user_agent = parts.headers.get(header::USER_AGENT).map(|value| value.as_bytes());
        Ok(Self::new(address, user_agent))
    }
}
