//! [`ApiError`]: the only error that becomes a response, as `application/problem+json` (RFC 9457).

use std::{borrow::Cow, collections::BTreeMap, time::SystemTime};

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{context::RequestContext, text::cut};

pub type ApiResult<T> = Result<T, ApiError>;

/// What is wrong with each field of a request.
pub type FieldErrors = BTreeMap<String, Vec<String>>;

/// An error as the client sees it. A cause is logged where the response is made and never sent.
#[derive(Debug)]
pub struct ApiError {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: FieldErrors,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<anyhow::Error>,
}

impl ApiError {
    /// `code` is stable and `SCREAMING_SNAKE_CASE`; `detail` is for people.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            inner: Box::new(Inner {
                status,
                code,
                detail: detail.into(),
                errors: FieldErrors::new(),
                headers: Vec::new(),
                cause: None,
            }),
        }
    }

    /// 400: the request as a whole cannot be read.
    pub fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400 with what is wrong with each field.
    pub fn invalid(errors: FieldErrors) -> Self {
        let errors = bounded(errors);
        let mut error = Self::bad_request("VALIDATION_FAILED", sentence(&errors));
        error.inner.errors = errors;
        error
    }

    /// 400 for one field.
    pub fn invalid_field(field: &str, problem: impl Into<String>) -> Self {
        Self::invalid(FieldErrors::from([(field.to_owned(), vec![problem.into()])]))
    }

    /// 401, with the challenge that RFC 6750 asks for.
    pub fn unauthorized(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: known, but not allowed.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail)
    }

    /// 404: absent, or not visible to this caller.
    pub fn not_found(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 409: conflicts with the state of the thing.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422: understood, but cannot be processed.
    pub fn unprocessable(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 503: something this answer needs is away; worth asking again in a second.
    pub fn unavailable(dependency: &str, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "DEPENDENCY_UNAVAILABLE",
            format!("The {dependency} is not available right now. Please try again."),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
        .with_cause(cause)
    }

    /// 500: our fault. The cause goes to the log only.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_ERROR",
            "Something went wrong on our side.",
        )
        .with_cause(cause)
    }

    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.inner.headers.push((name, value));
        self
    }

    pub fn with_cause(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.inner.cause = Some(cause.into());
        self
    }

    /// Adds what is wrong with one field, keeping status and code.
    pub fn with_field(mut self, field: &str, problem: impl Into<String>) -> Self {
        let problem = cut(&problem.into(), MAX_PROBLEM).into_owned();
        self.inner.errors.entry(cut(field, MAX_NAME).into_owned()).or_default().push(problem);
        self
    }

    /// One 400 that names the bad fields of both.
    pub(crate) fn and_fields_of(self, other: Self) -> Self {
        let mut errors = self.inner.errors;
        for (field, problems) in other.inner.errors {
            // Both read the whole query string: what both complain of is said once.
            errors.entry(field).or_insert(problems);
        }
        Self::invalid(errors)
    }

    pub fn status(&self) -> StatusCode {
        self.inner.status
    }

    pub fn code(&self) -> &'static str {
        self.inner.code
    }
}

/// The most characters of a field's name, and of what is wrong with it, that an answer repeats: both
/// can hold what the client sent.
const MAX_NAME: usize = 100;
const MAX_PROBLEM: usize = 300;

/// How many fields an answer names.
const MAX_FIELDS: usize = 64;

fn bounded(errors: FieldErrors) -> FieldErrors {
    let errors = errors.into_iter().take(MAX_FIELDS);
    errors
        .map(|(field, problems)| {
            let problems = problems.iter().take(4).map(|it| cut(it, MAX_PROBLEM).into_owned());
            (cut(&field, MAX_NAME).into_owned(), problems.collect())
        })
        .collect()
}

/// `title: must have 3 to 200 characters, has 1; tags: has too many`, of a few fields at most.
fn sentence(errors: &FieldErrors) -> String {
    const SHOWN: usize = 3;
    let shown = errors.iter().take(SHOWN);
    let mut text = shown
        .map(|(field, problems)| format!("{field}: {}", problems.join(", ")))
        .collect::<Vec<_>>()
        .join("; ");
    if errors.len() > SHOWN {
        text += &format!("; and {} more", errors.len() - SHOWN);
    }
    text + "."
}

/// 413: more than [`crate::app::MAX_BODY_BYTES`].
pub fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "BODY_TOO_LARGE",
        "The request body is too large: at most 1 MiB is taken.",
    )
}

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
            timestamp: crate::telemetry::rfc3339_millis(SystemTime::now()),
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
