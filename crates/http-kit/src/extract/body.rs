//! [`Json`] bodies: of requests, parsed and checked, and of responses.

use axum::{
    extract::{FromRequest, OptionalFromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use garde::Validate;
use http::{HeaderMap, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{buffered_body::buffer_body, collect::collect, nul, validate, wording};
use crate::{
    blocking,
    problem::{ApiError, ApiResult, FieldErrors, codes},
};

/// The size in bytes from which a body is parsed on a blocking thread.
const LARGE_BYTES: usize = 64 * 1024;

/// The most values in a body: some more than the largest data set has. Each takes a hundred bytes of
/// memory, however short its text is.
const MAX_VALUES: usize = 120_000;

/// A JSON request body, parsed and checked by its type's rules, or a JSON response body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned + Validate<Context = ()> + Send + 'static,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read(read_json(request).await?).await.map(Json)
    }
}

/// `Option<Json<T>>` is `None` for an empty body of any content type, and for a `null`.
impl<T, S> OptionalFromRequest<S> for Json<T>
where
    T: DeserializeOwned + Validate<Context = ()> + Send + 'static,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = buffer_body(request).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => Ok(None),
            (false, true) if bytes.trim_ascii() == b"null" => Ok(None),
            (false, true) => read(bytes).await.map(|body| Some(Json(body))),
            (false, false) => Err(not_json()),
        }
    }
}

/// Reads the whole body of a request that declares JSON; [`parse_json`] parses it.
///
/// # Errors
/// 415 when the request does not declare JSON; else those of [`buffer_body`].
pub async fn read_json(request: Request) -> ApiResult<Bytes> {
    if !is_json(request.headers()) {
        return Err(not_json());
    }
    buffer_body(request).await
}

/// Parses a body and checks its type's rules, on the calling thread. [`Json`] suits types whose rules
/// are quick.
///
/// # Errors
/// 400 naming every bad field.
pub fn parse_json<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> ApiResult<T> {
    if has_more_values(bytes, MAX_VALUES) {
        return Err(ApiError::of(
            codes::TooManyValues::CODE,
            format!("The body holds more than {MAX_VALUES} values."),
        ));
    }
    parse(bytes)
}

fn not_json() -> ApiError {
    ApiError::of(
        codes::UnsupportedMediaType::CODE,
        "The body must be JSON, with Content-Type: application/json.",
    )
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|mime| mime.trim().to_ascii_lowercase())
        .is_some_and(|mime| {
            mime == "application/json"
                || (mime.starts_with("application/") && mime.ends_with("+json"))
        })
}

async fn read<T>(bytes: Bytes) -> ApiResult<T>
where
    T: DeserializeOwned + Validate<Context = ()> + Send + 'static,
{
    if bytes.len() < LARGE_BYTES {
        return parse(&bytes);
    }
    blocking::run(move || parse_json(&bytes)).await?
}

/// Whether JSON text holds more than `max` values, counted by commas and opening brackets.
fn has_more_values(bytes: &[u8], max: usize) -> bool {
    let (mut values, mut in_string, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'{' | b'[' if !in_string => values += 1,
            _ => {}
        }
    }
    values > max
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> ApiResult<T> {
    // A struct would also be read from an array, by position.
    if bytes.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| *b != b'{')
        && serde_json::from_slice::<Value>(bytes).is_ok()
    {
        return Err(ApiError::of(codes::MalformedJson::CODE, "The body must be a JSON object."));
    }
    let mut errors = FieldErrors::new();
    nul::find(bytes, &mut errors).map_err(malformed)?;
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) => {
            validate(&value, &mut errors);
            if errors.is_empty() { Ok(value) } else { Err(ApiError::invalid(errors)) }
        }
        Err(first) => {
            // A syntax error comes before an error of the type, wherever they are.
            let body = serde_json::from_slice::<Value>(bytes).map_err(malformed)?;
            let problem = first.to_string();
            if let Some(field) = duplicate(&problem) {
                return Err(ApiError::invalid_field(field, wording::plain(&problem)));
            }
            match collect::<T>(body, bytes.len(), &mut errors) {
                Some(value) if errors.is_empty() => Ok(value),
                // Only the text shows the fault, and not the parsed value.
                None if errors.is_empty() => {
                    Err(ApiError::of(codes::MalformedJson::CODE, wording::plain(&problem)))
                }
                _ => Err(ApiError::invalid(errors)),
            }
        }
    }
}

/// Returns the field that `problem` says is given twice.
fn duplicate(problem: &str) -> Option<&str> {
    problem.strip_prefix("duplicate field `")?.split('`').next()
}

fn malformed(error: serde_json::Error) -> ApiError {
    ApiError::of(codes::MalformedJson::CODE, format!("The body is not valid JSON: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only read by serde and the rules")]
    struct Sample {
        #[garde(length(chars, min = 3))]
        title: String,
        #[garde(range(min = 1, max = 5))]
        star_count: u8,
        #[garde(skip)]
        id: Option<uuid::Uuid>,
        #[garde(skip)]
        #[serde(default)]
        tags: Vec<String>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only read by serde and the rules")]
    struct Choices {
        #[garde(skip)]
        first: Choice,
        #[garde(skip)]
        second: Choice,
        #[garde(skip)]
        third: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Choice {
        One,
        Other,
    }

    #[test]
    fn a_bad_choice_does_not_hide_what_comes_after_it() {
        let seen =
            format!("{:?}", parse::<Choices>(br#"{"first":"ONE_MORE","third":7}"#).unwrap_err());
        for field in ["first", "second", "third"] {
            assert!(seen.contains(&format!("{field:?}")), "{field} in {seen}");
        }
        assert!(seen.contains("must be ONE or OTHER"), "{seen}");
    }

    fn errors_of(body: &str) -> String {
        let response = parse::<Sample>(body.as_bytes()).unwrap_err();
        format!("{response:?}")
    }

    #[test]
    fn every_bad_field_is_named_whatever_is_wrong_with_it() {
        let seen = errors_of(r#"{"starCount":"x","id":7,"tags":["a",1]}"#);
        for field in ["title", "starCount", "id", "tags[1]"] {
            assert!(seen.contains(&format!("{field:?}")), "{field} in {seen}");
        }
        assert!(seen.contains("is required"));
    }

    #[test]
    fn a_wrong_type_does_not_hide_a_broken_rule() {
        let seen = errors_of(r#"{"title":"ab","starCount":"x"}"#);
        assert!(seen.contains("at least 3"), "{seen}");
        assert!(!seen.contains("at least 1"), "a stand-in value was judged: {seen}");
    }

    #[test]
    fn nul_an_array_a_double_field_and_broken_json_are_refused() {
        assert!(errors_of(r#"{"title":"ab\u0000c","starCount":1}"#).contains("U+0000"));
        assert!(
            errors_of(r#"{"x":1e999,"title":"ab\u0000c","starCount":1}"#).contains("MALFORMED")
        );
        assert!(errors_of(r#"["abc",1]"#).contains("MALFORMED_JSON"));
        assert!(
            errors_of(r#"{"title":"abc","title":"abc","starCount":1}"#).contains("more than once")
        );
        assert!(errors_of(r#"{"title":"#).contains("MALFORMED_JSON"));
        assert!(!errors_of(r#""""""#).contains("invalid type"));
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
        let sample = parse::<Sample>(br#"{"title":"abc","starCount":4.0}"#).unwrap();
        assert_eq!(sample.star_count, 4);
        assert!(errors_of(r#"{"title":"abc","starCount":4.5}"#).contains("whole number"));
        assert!(errors_of(r#"{"title":"abc","starCount":6.0}"#).contains("at most 5"));
        assert!(errors_of(r#"{"title":"abc","starCount":1e300}"#).contains("whole number"));
    }

    #[test]
    fn input_that_is_repeated_is_cut() {
        let long = "9".repeat(900_000);
        for body in [
            format!(r#"{{"title":"abc","starCount":{long}}}"#),
            format!(r#"{{"title":"abc","starCount":"{long}"}}"#),
            format!(r#"{{"title":"abc","starCount":1,"tags":[{long}]}}"#),
        ] {
            assert!(errors_of(&body).len() < 2000);
        }
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        let text = br#"{"a":[1,2,"x,y{[\",,,"],"b":{}}"#;
        assert!(has_more_values(text, 6) && !has_more_values(text, 7));
    }
}
