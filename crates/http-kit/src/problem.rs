//! [`ApiError`]: the only error that becomes a response, as `application/problem+json` (RFC 9457).

mod body;
pub mod codes;

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::text::truncate;

pub use body::Problem;
pub use codes::{ProblemCode, ProblemCodes};

pub type ApiResult<T> = Result<T, ApiError>;

/// The bad fields of a request, each with its problems.
pub type FieldErrors = BTreeMap<String, Vec<String>>;

/// An error as the client sees it. Its cause is logged when the response is made, and never sent.
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
    /// Creates a problem of a declared code. A 401 gets the challenge that RFC 6750 requires.
    pub fn of(kind: ProblemCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(kind.status);
        let error =
            Self::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), kind.code, detail);
        match kind.status {
            401 => error.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            _ => error,
        }
    }

    /// Creates a problem. `code` is stable and `SCREAMING_SNAKE_CASE`; `detail` is for people.
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

    /// Creates a 400 with what is wrong with each field.
    pub fn invalid(errors: FieldErrors) -> Self {
        let errors = bounded(errors);
        let mut error = Self::of(codes::ValidationFailed::CODE, sentence(&errors));
        error.inner.errors = errors;
        error
    }

    /// Creates a 400 for one field.
    pub fn invalid_field(field: &str, problem: impl Into<String>) -> Self {
        Self::invalid(FieldErrors::from([(field.to_owned(), vec![problem.into()])]))
    }

    /// Creates a 403: the caller is known, but not allowed.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(codes::Forbidden::CODE, detail)
    }

    /// Creates a 503: a dependency is away; worth trying again in a second.
    pub fn unavailable(dependency: &str, cause: impl Into<anyhow::Error>) -> Self {
        let detail = format!("The {dependency} is not available right now. Please try again.");
        Self::of(codes::DependencyUnavailable::CODE, detail)
            .with_retry_after(Duration::from_secs(1))
            .with_cause(cause)
    }

    /// Creates a 500: a fault of this service. The cause goes to the log only.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::of(codes::InternalError::CODE, "Something went wrong on our side.").with_cause(cause)
    }

    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.inner.headers.push((name, value));
        self
    }

    /// Adds `Retry-After`, in whole seconds rounded up.
    pub fn with_retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs_f64().ceil() as u64;
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub fn with_cause(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.inner.cause = Some(cause.into());
        self
    }

    /// Adds what is wrong with one field, keeping status and code.
    pub fn with_field(mut self, field: &str, problem: impl Into<String>) -> Self {
        let problem = truncate(&problem.into(), MAX_PROBLEM).into_owned();
        self.inner.errors.entry(truncate(field, MAX_NAME).into_owned()).or_default().push(problem);
        self
    }

    /// Adds what is wrong with several fields.
    pub fn with_fields<F: AsRef<str>, P: Into<String>>(
        self,
        fields: impl IntoIterator<Item = (F, P)>,
    ) -> Self {
        let fields = fields.into_iter();
        fields.fold(self, |error, (field, problem)| error.with_field(field.as_ref(), problem))
    }

    /// Merges two into one 400 that names the bad fields of both.
    pub(crate) fn and_fields_of(self, other: Self) -> Self {
        let mut errors = self.inner.errors;
        for (field, problems) in other.inner.errors {
            // Both read the whole query string: a field that both refuse is named once.
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

    /// Returns the text for people.
    pub fn detail(&self) -> &str {
        &self.inner.detail
    }

    /// Returns the bad fields, with what is wrong with each.
    pub fn errors(&self) -> &FieldErrors {
        &self.inner.errors
    }

    /// Returns the header of that name, if the response will have one.
    pub fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.inner.headers.iter().rev().find(|(it, _)| it == name).map(|(_, value)| value)
    }
}

/// The most characters of a field's name, and of its problem, in a response: both can hold what the
/// client sent.
const MAX_NAME: usize = 100;
const MAX_PROBLEM: usize = 300;

/// The most fields that a response names.
const MAX_FIELDS: usize = 64;

fn bounded(errors: FieldErrors) -> FieldErrors {
    let errors = errors.into_iter().take(MAX_FIELDS);
    errors
        .map(|(field, problems)| {
            let problems = problems.iter().take(4).map(|it| truncate(it, MAX_PROBLEM).into_owned());
            (truncate(&field, MAX_NAME).into_owned(), problems.collect())
        })
        .collect()
}

/// Joins the first few fields: `title: must have 3 to 200 characters, has 1; tags: has too many.`
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

/// Returns a 413: the body has more than [`crate::app::MAX_BODY_BYTES`].
pub fn body_too_large() -> ApiError {
    ApiError::of(
        codes::BodyTooLarge::CODE,
        "The request body is too large: at most 1 MiB is taken.",
    )
}
