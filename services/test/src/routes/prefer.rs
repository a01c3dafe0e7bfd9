//! `Prefer: wait=n` (RFC 7240): the time that the client would rather wait for the finished test.

use std::{convert::Infallible, time::Duration};

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, request::Parts};

pub static PREFER: HeaderName = HeaderName::from_static("prefer");
pub static PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The longest wait.
const MAX_WAIT_SECONDS: u64 = 30;

/// The preferred wait in whole seconds, 30 at most; `None` without a preference. One that cannot be read is
/// ignored, as the RFC wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Option<Duration>);

impl<S: Send + Sync> FromRequestParts<S> for Wait {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers))
    }
}

impl Wait {
    fn read(headers: &HeaderMap) -> Self {
        let preferences = headers
            .get_all(&PREFER)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        // Of several, the first counts.
        let seconds = preferences
            .filter_map(|preference| preference.split(';').next()?.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
            .and_then(|(_, value)| value.trim().trim_matches('"').parse::<u64>().ok());
        Self(seconds.map(|n| Duration::from_secs(n.min(MAX_WAIT_SECONDS))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(values: &[&'static str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&PREFER, http::HeaderValue::from_static(value));
        }
        Wait::read(&headers).0.map(|wait| wait.as_secs())
    }

    #[test]
    fn the_wait_is_found_among_other_preferences_and_bounded() {
        assert_eq!(wait(&["wait=10"]), Some(10));
        assert_eq!(wait(&["respond-async, Wait = \"7\"; x=1"]), Some(7));
        assert_eq!(wait(&["return=minimal", "wait=5", "wait=6"]), Some(5));
        assert_eq!(wait(&["wait=3600"]), Some(30));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        for value in ["wait", "wait=", "wait=soon", "wait=-1", "waiter=3", ""] {
            assert_eq!(wait(&[value]), None, "{value}");
        }
        assert_eq!(wait(&[]), None);
    }
}
