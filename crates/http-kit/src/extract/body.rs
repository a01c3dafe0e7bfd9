//! JSON bodies.

use axum::{
    body::Bytes,
    extract::{FromRequest, OptionalFromRequest, Request},
    response::{IntoResponse, Response},
};
use garde::Validate;
use http::{HeaderMap, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::{Path as ErrorPath, Segment};

use super::{nul, validate};
use crate::problem::{self, ApiError, ApiResult, FieldErrors};

/// A JSON request body that parsed and obeys its type's rules, or a JSON response body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        parse(&read_body(request, state).await?).map(Json)
    }
}

/// `Option<Json<T>>`: `None` when there is no body, whatever its type was said to be.
impl<T, S> OptionalFromRequest<S> for Json<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = read_body(request, state).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => Ok(None),
            (false, true) => parse(&bytes).map(|body| Some(Json(body))),
            (false, false) => Err(not_json()),
        }
    }
}

/// Reads the body of a request, of which the router takes a bounded number of bytes.
///
/// # Errors
/// 413 when it is too large, 400 when it breaks off.
pub async fn read_body<S: Send + Sync>(request: Request, state: &S) -> ApiResult<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => problem::too_large(),
        _ => ApiError::bad_request("BODY_UNREADABLE", "The body could not be read."),
    })
}

fn not_json() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
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

fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> ApiResult<T> {
    // A struct would also be read from an array, by position.
    if bytes.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| *b != b'{')
        && serde_json::from_slice::<Value>(bytes).is_ok()
    {
        return Err(ApiError::bad_request("MALFORMED_JSON", "The body must be a JSON object."));
    }
    let mut errors = FieldErrors::new();
    nul::find(bytes, &mut errors).map_err(malformed)?;
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) => {
            validate(&value, &mut errors);
            if errors.is_empty() { Ok(value) } else { Err(ApiError::invalid(errors)) }
        }
        Err(first) => {
            let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else {
                return Err(malformed(first));
            };
            collect::<T>(&mut body, &mut errors);
            if errors.is_empty() {
                // What only the text shows, such as a field given twice.
                return Err(ApiError::bad_request("MALFORMED_JSON", format!("{first}.")));
            }
            Err(ApiError::invalid(errors))
        }
    }
}

/// Serde stops at the first bad field. This goes on: it notes the problem, puts a value there that
/// the type accepts, and reads again, until the rest has been seen too. Runs only for bad requests.
fn collect<T: DeserializeOwned + Validate<Context = ()>>(
    body: &mut Value,
    errors: &mut FieldErrors,
) {
    // Bounded: a body can hold a great many bad array elements, and a few tell the story.
    for _ in 0..64 {
        let (pointer, problem) = match read::<T>(body) {
            Ok(value) => {
                let mut rules = FieldErrors::new();
                validate(&value, &mut rules);
                for (field, problems) in rules {
                    // A field that was replaced says nothing about what the client sent.
                    errors.entry(field).or_insert(problems);
                }
                return;
            }
            Err(bad) => bad,
        };
        let replaced = stand_in::<T>(body, &pointer);
        errors.entry(field_name(&pointer)).or_default().push(problem);
        if !replaced {
            return;
        }
    }
}

/// Puts a value at `pointer` that the type accepts there. False if none was found.
fn stand_in<T: DeserializeOwned>(body: &mut Value, pointer: &Pointer) -> bool {
    let mut refused = |value: Value| {
        set(body, pointer, value);
        read::<T>(body).err().filter(|(again, _)| again == pointer).map(|(_, problem)| problem)
    };
    STAND_INS.iter().any(|text| {
        let Some(problem) = refused(serde_json::from_str(text).unwrap_or_default()) else {
            return true;
        };
        // Of an enum, any variant will do, and serde names them.
        let variant = problem.strip_prefix("unknown variant ").and_then(|rest| {
            rest.split_once("expected ").and_then(|(_, variants)| variants.split('`').nth(1))
        });
        variant.is_some_and(|variant| refused(variant.into()).is_none())
    })
}

/// Values of which one fits most field types. `null` first: it suits every optional field.
const STAND_INS: [&str; 8] = [
    "null",
    r#""""#,
    "0",
    "false",
    "[]",
    "{}",
    r#""00000000-0000-0000-0000-000000000000""#,
    r#""1970-01-01T00:00:00Z""#,
];

type Pointer = Vec<String>;

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, (Pointer, String)> {
    serde_path_to_error::deserialize::<_, T>(body).map_err(|error| {
        let mut pointer = pointer(error.path());
        let message = error.inner().to_string();
        match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(missing) => {
                pointer.push(missing.to_owned());
                (pointer, "is required".to_owned())
            }
            None => (pointer, message),
        }
    })
}

fn pointer(path: &ErrorPath) -> Pointer {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn set(body: &mut Value, pointer: &[String], new: Value) {
    match pointer {
        [] => *body = new,
        [head, rest @ ..] => match body {
            Value::Object(map) => set(map.entry(head.clone()).or_insert(Value::Null), rest, new),
            Value::Array(list) => {
                if let Some(item) = head.parse::<usize>().ok().and_then(|i| list.get_mut(i)) {
                    set(item, rest, new);
                }
            }
            _ => {}
        },
    }
}

/// `targets[0].modelName`, the same form that the rules use.
fn field_name(pointer: &[String]) -> String {
    let mut name = String::new();
    for part in pointer {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            name.push_str(&format!("[{part}]"));
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(part);
        }
    }
    if name.is_empty() { "body".to_owned() } else { name }
}

fn malformed(error: serde_json::Error) -> ApiError {
    ApiError::bad_request("MALFORMED_JSON", format!("The body is not valid JSON: {error}."))
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
        assert!(seen.contains("`ONE` or `OTHER`"), "{seen}");
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
        assert!(seen.contains("length is lower than 3"), "{seen}");
        assert!(!seen.contains("lower than 1"), "a stand-in value was judged: {seen}");
    }

    #[test]
    fn nul_an_array_a_double_field_and_broken_json_are_refused() {
        assert!(errors_of(r#"{"title":"ab\u0000c","starCount":1}"#).contains("U+0000"));
        assert!(
            errors_of(r#"{"x":1e999,"title":"ab\u0000c","starCount":1}"#).contains("MALFORMED")
        );
        assert!(errors_of(r#"["abc",1]"#).contains("MALFORMED_JSON"));
        assert!(errors_of(r#"{"title":"abc","title":"abc","starCount":1}"#).contains("duplicate"));
        assert!(errors_of(r#"{"title":"#).contains("MALFORMED_JSON"));
    }
}
