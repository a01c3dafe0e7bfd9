//! Limit classes: which requests are counted together.

use std::borrow::Cow;

use http::Method;

use crate::routes::{self, LimitClass, Route};

/// The paths that say whether a service is there: monitors ask them as often as they like.
const HEALTH: [&str; 2] = ["/auth/health", "/analytics/health"];

impl LimitClass {
    pub const ALL: [Self; 6] =
        [Self::Login, Self::Register, Self::Write, Self::Read, Self::Test, Self::Purchase];

    /// Returns the name of the policy in the `RateLimit` headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Register => "register",
            Self::Write => "writes",
            Self::Read => "reads",
            Self::Test => "tests",
            Self::Purchase => "purchases",
        }
    }

    /// Returns the setting that overrides the limit.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Login => "RATE_LIMIT_LOGIN",
            Self::Register => "RATE_LIMIT_REGISTER",
            Self::Write => "RATE_LIMIT_WRITES",
            Self::Read => "RATE_LIMIT_READS",
            Self::Test => "RATE_LIMIT_TESTS",
            Self::Purchase => "RATE_LIMIT_PURCHASES",
        }
    }
}

/// Returns the class of a request by its route and its canonical path; `None` for one that is not limited.
pub fn class_of(route: &Route, method: &Method, path: &str) -> Option<LimitClass> {
    let folded = fold(path);
    let is_health = method.is_safe() && HEALTH.contains(&folded.as_ref());
    if *method == Method::OPTIONS || is_health {
        return None;
    }
    let route = match folded {
        Cow::Borrowed(_) => route,
        Cow::Owned(folded) => routes::find(&folded).map_or(route, |(route, _)| route),
    };
    Some(route.limit_class(method))
}

/// Returns a path as it is compared: decoded, in lower case, without empty segments. Another spelling of
/// a path must not lead to another class, whether or not the service knows that spelling.
fn fold(path: &str) -> Cow<'_, str> {
    let is_odd = |byte: u8| byte == b'%' || byte.is_ascii_uppercase();
    if !path.bytes().any(is_odd) && !path.contains("//") && !path.ends_with('/') {
        return Cow::Borrowed(path);
    }
    let decoded = decode(path).to_ascii_lowercase();
    let segments = decoded.split('/').filter(|segment| !segment.is_empty());
    Cow::Owned(segments.fold(String::new(), |path, segment| path + "/" + segment))
}

/// Decodes percent-escapes once; what is no escape stays.
fn decode(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let digit = |at: usize| bytes.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, digit(i + 1), digit(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                i += 3;
            }
            _ => {
                decoded.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(method: &str, path: &str) -> Option<LimitClass> {
        let (route, path) = routes::find(path).unwrap();
        class_of(route, &method.parse().unwrap(), &path)
    }

    #[test]
    fn reads_and_writes_are_limited_and_health_is_not() {
        for (method, path, expected) in [
            ("POST", "/auth/login", Some(LimitClass::Login)),
            ("GET", "/auth/login", Some(LimitClass::Read)),
            ("POST", "/api/tests/1/cancel", Some(LimitClass::Test)),
            ("DELETE", "/api/tests/datasets/1", Some(LimitClass::Write)),
            ("OPTIONS", "/prompts", None),
            ("GET", "/auth/health", None),
            ("HEAD", "/api/analytics/health", None),
            ("POST", "/analytics/health", Some(LimitClass::Write)),
        ] {
            assert_eq!(class(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn another_spelling_of_a_path_is_of_the_same_class() {
        for path in
            ["/auth/login/", "/auth//login", "/auth/%6cogin", "/auth/LOGIN", "/api/auth/login/"]
        {
            assert_eq!(class("POST", path), Some(LimitClass::Login), "{path}");
        }
        for path in ["/auth/%", "/auth/%6", "/auth/%zz", "/auth/%ff%00"] {
            assert_eq!(class("POST", path), Some(LimitClass::Write), "{path}");
        }
    }
}
