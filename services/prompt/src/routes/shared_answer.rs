//! The answer to a read of a prompt, which many callers share.

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use http_kit::{ApiError, ApiResult};

use super::{etag::IfNoneMatch, prompt_response::PromptResponse};
use crate::{
    domain::Prompt,
    service::{prompt_cache::SerializedPrompt, reading::PromptView},
    state::AppState,
};

/// The bytes of the body's digest that an `ETag` shows.
const DIGEST_BYTES: usize = 12;

/// Makes the answer; 304 when the client has it. What depends on who asks is for the caller alone, and so is
/// what a cache must not give to others.
pub async fn prompt_answer(
    state: &AppState,
    is_signed_in: bool,
    view: PromptView,
    known: &IfNoneMatch,
) -> ApiResult<Response> {
    let answer = match view {
        PromptView::Own(prompt) => serialize(state, *prompt).await?,
        PromptView::Shared(shared) => match shared.answer.get() {
            Some(answer) => answer.clone(),
            None => {
                let answer = serialize(state, shared.prompt.clone()).await?;
                shared.answer.get_or_init(|| answer).clone()
            }
        },
    };
    // Kept, but never shown without asking: the view counts, and the prompt may be hidden by then.
    let caching = if is_signed_in { "private, no-cache" } else { "no-cache" };
    let headers = [
        (header::ETAG, answer.etag.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        (header::VARY, HeaderValue::from_static("authorization")),
    ];
    if known.includes(&answer.etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((headers, json, Body::from(answer.json)).into_response())
}

/// Serializes a prompt as one caller sees it. Its `ETag` covers every byte of that, and begins with the revision
/// that `If-Match` compares.
async fn serialize(state: &AppState, prompt: Prompt) -> ApiResult<SerializedPrompt> {
    let revision = prompt.revision;
    let response = PromptResponse::load(state, prompt).await?;
    let json = Bytes::from(serde_json::to_vec(&response).map_err(ApiError::internal)?);
    let hash = digest(&SHA256, &json);
    let mut etag = format!("\"{revision}-");
    for byte in hash.as_ref().iter().take(DIGEST_BYTES) {
        etag.push_str(&format!("{byte:02x}"));
    }
    etag.push('"');
    Ok(SerializedPrompt { json, etag: HeaderValue::try_from(etag).map_err(ApiError::internal)? })
}
