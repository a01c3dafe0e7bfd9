//! The body of a problem, and the response that has it.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::{ApiError, FieldErrors, Inner};
use crate::context::RequestContext;

/// An error, as RFC 9457 shapes it, with this API's extensions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem<'a> {
    /// A URI for the kind of problem: always `about:blank`; `code` tells kinds apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What went wrong, for people.
    detail: &'a str,
    /// The path that was asked for.
    instance: &'a str,
    /// What went wrong, for programs; stable.
    #[schema(example = "PROMPT_NOT_FOUND")]
    code: &'a str,
    /// The same as `detail`.
    message: &'a str,
    /// Every bad field, with what is wrong with it.
    #[schema(inline, example = json!({ "title": ["must have 3 to 200 characters, has 1"] }))]
    errors: &'a FieldErrors,
    /// As in the `X-Request-Id` header; quote it when asking for help.
    request_id: &'a str,
    /// When it happened: RFC 3339, UTC.
    timestamp: String,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Inner { status, code, detail, errors, headers, cause } = *self.inner;
        match (&cause, status.is_server_error()) {
            (Some(cause), true) => tracing::error!(code, "{detail} cause: {cause:#}"),
            (Some(cause), false) => tracing::debug!(code, "{detail} cause: {cause:#}"),
            (None, true) => tracing::error!(code, "{detail}"),
            (None, false) => {}
        }
        let context = RequestContext::current();
        let body = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &detail,
            instance: context.as_ref().map_or("", |c| &c.path),
            code,
            message: &detail,
            errors: &errors,
            request_id: context.as_ref().map_or("", |c| c.request_id()),
            timestamp: Timestamp::now().to_string(),
        };
        // Nothing in `Problem` can fail to serialise; an empty body would still carry the status.
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, json).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
