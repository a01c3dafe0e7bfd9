//! Extractors: a handler's signature shows who may call it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderName, request::Parts};
use http_kit::ApiError;

use crate::identity::{Identity, Trusted};

/// A signed-in user; 401 otherwise.
#[derive(Clone, Debug)]
pub struct User(pub Identity);

/// Anyone; signed in or not.
#[derive(Clone, Debug)]
pub struct MaybeUser(pub Option<Identity>);

/// A signed-in administrator; 401 or 403 otherwise.
#[derive(Clone, Debug)]
pub struct Admin(pub Identity);

/// Another service of the fleet; on whose behalf, where there is someone.
#[derive(Clone, Debug)]
pub struct Internal(pub Option<Identity>);

/// The address that a client calls from: what the gateway says beside the internal token, and the
/// peer's own where nobody says so. An IPv4 address is never in its IPv6 form.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

fn identity(parts: &Parts) -> Option<Identity> {
    parts.extensions.get::<Identity>().cloned()
}

fn signed_in(parts: &Parts) -> Result<Identity, ApiError> {
    identity(parts)
        .ok_or_else(|| ApiError::unauthorized("AUTHENTICATION_REQUIRED", "Sign in to do this."))
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        signed_in(parts).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(identity(parts)))
    }
}

impl MaybeUser {
    pub fn id(&self) -> Option<ids::UserId> {
        self.0.as_ref().map(|identity| identity.id)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = signed_in(parts)?;
        if identity.is_admin() {
            Ok(Self(identity))
        } else {
            Err(ApiError::forbidden("Only an administrator may do this."))
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Internal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Trusted>() {
            Some(Trusted) => Ok(Self(identity(parts))),
            // Not even that the path exists is a stranger's business.
            None => Err(ApiError::not_found("ROUTE_NOT_FOUND", "There is nothing at this path.")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // The gateway sets this header itself; from anyone else it is only a claim.
        let said = parts
            .extensions
            .get::<Trusted>()
            .and_then(|Trusted| parts.headers.get(&X_FORWARDED_FOR)?.to_str().ok()?.parse().ok());
        let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        said.or_else(peer)
            .map(|address: IpAddr| Self(address.to_canonical()))
            .ok_or_else(|| ApiError::internal(anyhow::anyhow!("the peer's address is not known")))
    }
}
