//! Answers to reads, which many callers share, with their `ETag`s.

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use http_kit::{ApiError, ApiResult};
use serde::Serialize;

use super::etag::IfNoneMatch;
use crate::service::shared_read::{SerializedAnswer, View};

/// The bytes of the body's digest that an `ETag` shows.
const DIGEST_BYTES: usize = 12;

/// Makes the answer to a read; 304 when the client has it. `serialize` is called once for all who share the answer.
pub async fn answer_view<T: Clone>(
    view: View<T>,
    is_signed_in: bool,
    known: &IfNoneMatch,
    serialize: impl AsyncFnOnce(T) -> ApiResult<SerializedAnswer>,
) -> ApiResult<Response> {
    let answer = match view {
        View::Own(value) => serialize(*value).await?,
        View::Shared(shared) => match shared.answer.get() {
            Some(answer) => answer.clone(),
            None => {
                let answer = serialize(shared.value.clone()).await?;
                shared.answer.get_or_init(|| answer).clone()
            }
        },
    };
    Ok(respond(answer, is_signed_in, known))
}

/// Makes the response. What depends on who asks is for the caller alone, and so is what a cache must not give to
/// others.
pub fn respond(answer: SerializedAnswer, is_signed_in: bool, known: &IfNoneMatch) -> Response {
    // Kept, but never shown without asking: the view counts, and the prompt may be hidden by then.
    let caching = if is_signed_in { "private, no-cache" } else { "no-cache" };
    let has_it = known.includes(&answer.etag);
    let headers = [
        (header::ETAG, answer.etag),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        (header::VARY, HeaderValue::from_static("authorization")),
    ];
    if has_it {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, json, Body::from(answer.json)).into_response()
}

/// Serializes an answer as one caller sees it. Its `ETag` covers every byte of that.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn serialize_answer(value: &impl Serialize) -> ApiResult<SerializedAnswer> {
    serialize_with_tag(String::from("\""), value)
}

/// Serializes an answer whose `ETag` begins with the revision that `If-Match` compares.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn serialize_revision(revision: i64, value: &impl Serialize) -> ApiResult<SerializedAnswer> {
    serialize_with_tag(format!("\"{revision}-"), value)
}

fn serialize_with_tag(mut etag: String, value: &impl Serialize) -> ApiResult<SerializedAnswer> {
    let json = Bytes::from(serde_json::to_vec(value).map_err(ApiError::internal)?);
    let hash = digest(&SHA256, &json);
    for byte in hash.as_ref().iter().take(DIGEST_BYTES) {
        etag.push_str(&format!("{byte:02x}"));
    }
    etag.push('"');
    Ok(SerializedAnswer { json, etag: HeaderValue::try_from(etag).map_err(ApiError::internal)? })
}
