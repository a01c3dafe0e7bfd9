//! Limit classes: which requests are counted together.

use std::borrow::Cow;

use http::Method;

/// A class of requests with one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitClass {
    /// Signing in, and refreshing a session.
    Login,
    Register,
    Writes,
    Reads,
    /// Whatever makes a prompt test run.
    Tests,
    Purchases,
}

/// The paths that say whether a service is there: monitors ask them as often as they like.
const HEALTH: [&str; 2] = ["/auth/health", "/analytics/health"];

impl LimitClass {
    pub const ALL: [Self; 6] =
        [Self::Login, Self::Register, Self::Writes, Self::Reads, Self::Tests, Self::Purchases];

    /// Returns the name of the policy in the `RateLimit` headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Register => "register",
            Self::Writes => "writes",
            Self::Reads => "reads",
            Self::Tests => "tests",
            Self::Purchases => "purchases",
        }
    }

    /// Returns the setting that overrides the limit.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Login => "RATE_LIMIT_LOGIN",
            Self::Register => "RATE_LIMIT_REGISTER",
            Self::Writes => "RATE_LIMIT_WRITES",
            Self::Reads => "RATE_LIMIT_READS",
            Self::Tests => "RATE_LIMIT_TESTS",
            Self::Purchases => "RATE_LIMIT_PURCHASES",
        }
    }

    /// Returns the class of a request by its canonical path; `None` for one that is not limited.
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        let path = fold(path);
        match *method {
            Method::OPTIONS => None,
            Method::GET | Method::HEAD if HEALTH.contains(&path.as_ref()) => None,
            Method::GET | Method::HEAD => Some(Self::Reads),
            Method::POST => Some(match path.as_ref() {
                "/auth/login" | "/auth/refresh" => Self::Login,
                "/auth/register" => Self::Register,
                "/api/marketplace/purchase" => Self::Purchases,
                "/api/tests" => Self::Tests,
                path if path.starts_with("/api/tests/") => Self::Tests,
                _ => Self::Writes,
            }),
            _ => Some(Self::Writes),
        }
    }
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

    #[test]
    fn the_method_and_the_path_say_which_class_a_request_is_of() {
        use LimitClass::{Login, Purchases, Reads, Register, Tests, Writes};
        for (method, path, class) in [
            ("POST", "/auth/login", Some(Login)),
            ("POST", "/auth/refresh", Some(Login)),
            ("POST", "/auth/register", Some(Register)),
            ("POST", "/auth/logout", Some(Writes)),
            ("GET", "/auth/login", Some(Reads)),
            ("POST", "/prompts", Some(Writes)),
            ("DELETE", "/prompts/1", Some(Writes)),
            ("HEAD", "/prompts/1", Some(Reads)),
            ("POST", "/api/tests", Some(Tests)),
            ("POST", "/api/tests/comparisons", Some(Tests)),
            ("POST", "/api/testsuite", Some(Writes)),
            ("DELETE", "/api/tests/1", Some(Writes)),
            ("GET", "/api/tests/1", Some(Reads)),
            ("POST", "/api/marketplace/purchase", Some(Purchases)),
            ("OPTIONS", "/prompts", None),
            ("GET", "/auth/health", None),
            ("GET", "/analytics/health", None),
            ("POST", "/analytics/health", Some(Writes)),
        ] {
            let found = LimitClass::of(&method.parse().unwrap(), path);
            assert_eq!(found, class, "{method} {path}");
        }
    }

    #[test]
    fn another_spelling_of_a_path_is_of_the_same_class() {
        for path in
            ["/auth/login/", "/auth//login", "/auth/%6cogin", "/auth%2Flogin", "/auth/LOGIN"]
        {
            assert_eq!(LimitClass::of(&Method::POST, path), Some(LimitClass::Login), "{path}");
        }
        for path in ["/auth/%", "/auth/%6", "/auth/%zz", "/auth/%ff%00"] {
            assert_eq!(LimitClass::of(&Method::POST, path), Some(LimitClass::Writes), "{path}");
        }
    }
}
