//! A key and the request that it came with.

use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    body::Body,
    extract::{FromRequest, MatchedPath, Request},
};
use http_kit::{
    ApiError,
    extract::{BufferedBody, buffer_body},
};

use crate::key::IdempotencyKey;

/// A key, the route that it was sent to, and a digest of the request.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// The method and the route's pattern: `POST /prompts/{id}/fork`.
    pub(crate) route: String,
    pub(crate) key: IdempotencyKey,
    /// The SHA-256 of the path, the query string and the body, byte for byte.
    pub(crate) digest: Vec<u8>,
}

/// Returns the SHA-256 of all `parts` and their lengths.
fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

/// The body of a route that takes none; a body that is sent is left unread.
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = ApiError;

    async fn from_request(_: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// An extractor of a request's key, if it has one, and of what `B` extracts from the body.
///
/// Only under a key is the body read here, and `B` gets it from memory.
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
        let bytes = buffer_body(Request::from_parts(parts.clone(), body)).await?;
        let digest =
            digest(&[uri.path().as_bytes(), uri.query().unwrap_or_default().as_bytes(), &bytes]);
        parts.extensions.insert(BufferedBody(bytes.clone()));
        let again = Request::from_parts(parts, Body::from(bytes));
        let body = B::from_request(again, state).await?;
        Ok(Self(Some(RequestKey { route, key, digest }), body))
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::to_bytes, response::IntoResponse, routing::post};
    use http::{StatusCode, header};
    use http_kit::Json;
    use tower::ServiceExt;

    use super::*;

    #[derive(Debug, serde::Deserialize, garde::Validate)]
    struct Thing {
        #[garde(length(min = 1))]
        name: String,
    }

    /// Answers with the route, the digest and what the body says.
    async fn create(Keyed(key, Json(thing)): Keyed<Json<Thing>>) -> impl IntoResponse {
        let key = key.map(|key| format!("{} {:?}", key.route, key.digest));
        format!("{} {}", key.unwrap_or_default(), thing.name)
    }

    async fn send(path: &str, key: Option<&str>, body: &str) -> (StatusCode, String) {
        let app =
            Router::new().route("/things", post(create)).route("/things/{id}/copies", post(create));
        let mut request =
            http::Request::post(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = app.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await;
        let response = response.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_request_is_known_by_its_route_path_query_and_body() {
        let body = r#"{"name":"a"}"#;
        let (status, first) = send("/things/1/copies", Some("k"), body).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            first.starts_with("POST /things/{id}/copies [") && first.ends_with(" a"),
            "{first}"
        );
        assert_eq!(send("/things/1/copies", Some("another"), body).await.1, first);
        for (path, body) in [
            ("/things/2/copies", body),
            ("/things/1/copies?dryRun=true", body),
            ("/things/1/copies", r#"{ "name":"a"}"#),
        ] {
            let (status, other) = send(path, Some("k"), body).await;
            assert_eq!(status, StatusCode::OK, "{other}");
            assert_ne!(other, first, "{path} {body}");
        }
        assert_eq!(send("/things", None, body).await.1, " a");
    }

    #[tokio::test]
    async fn a_bad_body_or_key_is_refused_as_without_a_key() {
        for (key, body, status) in [
            (Some("k"), r#"{"name":""}"#, StatusCode::BAD_REQUEST),
            (Some("k"), "{", StatusCode::BAD_REQUEST),
            (Some("two words"), r#"{"name":"a"}"#, StatusCode::BAD_REQUEST),
            (Some("k"), &"x".repeat(2_000_000), StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            assert_eq!(send("/things", key, body).await.0, status, "{key:?}");
        }
    }
}
