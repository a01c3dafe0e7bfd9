//! Extractors: a handler's signature shows who may call it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderName, request::Parts};
use http_kit::{ApiError, problem::codes};

use crate::identity::{Identity, Trusted};

/// A signed-in user; the request is answered 401 without one.
#[derive(Clone, Debug)]
pub struct User(pub Identity);

/// A caller who may be signed in or not.
#[derive(Clone, Debug)]
pub struct MaybeUser(pub Option<Identity>);

/// A signed-in administrator; the request is answered 401 or 403 without one.
#[derive(Clone, Debug)]
pub struct Admin(pub Identity);

/// Another service of the fleet, and the caller on whose behalf it asks, if there is one.
#[derive(Clone, Debug)]
pub struct Internal(pub Option<Identity>);

/// The address that a client calls from: the one that the gateway forwards beside the internal token,
/// else the peer's. An IPv4 address is never in its IPv6 form.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

fn find_identity(parts: &Parts) -> Option<Identity> {
    parts.extensions.get::<Identity>().cloned()
}

fn require_identity(parts: &Parts) -> Result<Identity, ApiError> {
    find_identity(parts)
        .ok_or_else(|| ApiError::of(codes::AuthenticationRequired::CODE, "Sign in to do this."))
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        require_identity(parts).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(find_identity(parts)))
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
        let identity = require_identity(parts)?;
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
            Some(Trusted) => Ok(Self(find_identity(parts))),
            // As for a path that does not exist: a stranger does not learn that this one does.
            None => Err(ApiError::of(codes::RouteNotFound::CODE, "There is nothing at this path.")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // The gateway sets this header itself; from anyone else it could hold any address.
        let forwarded = parts
            .extensions
            .get::<Trusted>()
            .and_then(|Trusted| parts.headers.get(&X_FORWARDED_FOR)?.to_str().ok()?.parse().ok());
        let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        forwarded
            .or_else(peer)
            .map(|address: IpAddr| Self(address.to_canonical()))
            .ok_or_else(|| ApiError::internal(anyhow::anyhow!("the peer's address is not known")))
    }
}
