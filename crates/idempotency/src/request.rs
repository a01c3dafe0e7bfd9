//! A key beside the request that it came with.

use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    body::Body,
    extract::{FromRequest, MatchedPath, Request},
};
use http_kit::{
    ApiError,
    extract::{Whole, read_whole},
};

use crate::key::IdempotencyKey;

/// A key, the route it was sent to, and a digest of what it was sent with.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// The method and the route's pattern: `POST /prompts/{id}/fork`.
    pub(crate) route: String,
    pub(crate) key: IdempotencyKey,
    /// Of the path, the query string and the body, byte for byte.
    pub(crate) digest: Vec<u8>,
}

/// The SHA-256 of all `parts`, each told from the next.
fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

/// The body of a route that takes none; whatever is sent is left unread.
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = ApiError;

    async fn from_request(_: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// Extracts the key of a request, if it has one, and what `B` extracts from the body.
///
/// Only under a key is the body read here; `B` finds it read.
pub struct Keyed<B>(pub Option<RequestKey>, pub B);

impl<B, S> FromRequest<S> for Keyed<B>
where
    B: FromRequest<S>,
    ApiError: From<B::Rejection>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Some(key) = IdempotencyKey::from_headers(request.headers())? else {
            return Ok(Self(None, B::from_request(request, state).await?));
        };
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let route = format!("{} {path}", request.method());
        let uri = request.uri().clone();
        let (mut parts, body) = request.into_parts();
        let bytes = read_whole(Request::from_parts(parts.clone(), body)).await?;
        let digest =
            digest(&[uri.path().as_bytes(), uri.query().unwrap_or_default().as_bytes(), &bytes]);
        parts.extensions.insert(Whole(bytes.clone()));
        let again = Request::from_parts(parts, Body::from(bytes));
        let body = B::from_request(again, state).await?;
        Ok(Self(Some(RequestKey { route, key, digest }), body))
    }
}
