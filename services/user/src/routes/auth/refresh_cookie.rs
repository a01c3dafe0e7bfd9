//! The cookie that holds a browser's refresh token, where no script can read it.
//!
//! Only pages of allowed origins may use it. `SameSite=Strict` already keeps it from other sites, but
//! not from other ports and subdomains of the same one.

use anyhow::Context;
use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use http_kit::ApiError;

use crate::{domain::RefreshToken, error::ServiceError, state::AppState};

const NAME: &str = "pf_refresh";

/// The header that holds the host by which the client called the gateway.
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// A browser, as its request describes it.
pub struct Browser {
    /// The refresh token in the cookie.
    cookie: Option<String>,
    page: PageOrigin,
    /// Whether the host is this machine, which is called without TLS.
    is_local: bool,
}

/// The origin of the page that makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageOrigin {
    /// The request has no `Origin`. Browsers send one with every POST.
    Unknown,
    Allowed,
    Foreign,
}

/// A refresh token that a request sent, in its body or in the cookie.
pub struct SentToken {
    pub token: String,
    pub in_cookie: bool,
}

impl FromRequestParts<AppState> for Browser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self::of(&parts.headers, &state.allowed_origins))
    }
}

impl Browser {
    fn of(headers: &HeaderMap, allowed: &[HeaderValue]) -> Self {
        let host = headers.get(&X_FORWARDED_HOST).or_else(|| headers.get(header::HOST));
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        Self {
            cookie: cookie(headers),
            page: match headers.get(header::ORIGIN) {
                None => PageOrigin::Unknown,
                Some(origin) if allowed.contains(origin) || is_at(origin, host) => {
                    PageOrigin::Allowed
                }
                Some(_) => PageOrigin::Foreign,
            },
            is_local: is_local(host),
        }
    }

    /// Returns the refresh token of a request's body, or else of the cookie.
    ///
    /// # Errors
    /// 400 when there is none, 403 when the page may not use the cookie.
    pub fn token(&self, in_body: Option<String>) -> Result<SentToken, ServiceError> {
        match (in_body, &self.cookie) {
            (Some(token), _) => Ok(SentToken { token, in_cookie: false }),
            (None, Some(token)) if self.page == PageOrigin::Allowed => {
                Ok(SentToken { token: token.clone(), in_cookie: true })
            }
            (None, Some(_)) => Err(ServiceError::OriginNotAllowed),
            (None, None) => Err(ServiceError::RefreshTokenRequired),
        }
    }

    /// Checks that an answer may put a refresh token into the cookie.
    ///
    /// # Errors
    /// 403 for pages of other origins than those allowed.
    pub fn ensure_may_have_cookie(&self) -> Result<(), ServiceError> {
        match self.page {
            PageOrigin::Foreign => Err(ServiceError::OriginNotAllowed),
            PageOrigin::Allowed | PageOrigin::Unknown => Ok(()),
        }
    }

    /// Returns a `Set-Cookie` header with a refresh token.
    ///
    /// # Errors
    /// Never for a token of ours, which is plain ASCII.
    pub fn set(&self, token: &str) -> Result<HeaderValue, ServiceError> {
        let seconds = RefreshToken::LIFETIME.as_secs();
        Ok(HeaderValue::try_from(self.cookie_text(token, seconds)).context("the cookie")?)
    }

    /// Returns a `Set-Cookie` header that removes the cookie, if the browser has it.
    pub fn clear(&self) -> Option<HeaderValue> {
        self.cookie.as_ref()?;
        HeaderValue::try_from(self.cookie_text("", 0)).ok()
    }

    fn cookie_text(&self, token: &str, max_age: u64) -> String {
        let secure = if self.is_local { "" } else { "; Secure" };
        format!("{NAME}={token}; HttpOnly; SameSite=Strict; Path=/auth; Max-Age={max_age}{secure}")
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, token)| *name == NAME && !token.is_empty())
        .map(|(_, token)| token.to_owned())
}

/// Returns whether a page comes from the same host that it calls.
fn is_at(origin: &HeaderValue, host: &str) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host))
}

fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host().to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(headers: &[(&'static str, &str)]) -> Browser {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        Browser::of(&headers, &[HeaderValue::from_static("http://localhost:3000")])
    }

    #[test]
    fn the_cookie_is_secure_unless_the_host_is_local() {
        for local in
            ["localhost", "LOCALHOST:9000", "app.localhost:9000", "127.0.0.1:9000", "[::1]:9000"]
        {
            let set = browser(&[("host", local)]).set("token").unwrap();
            assert_eq!(
                set.to_str().unwrap(),
                "pf_refresh=token; HttpOnly; SameSite=Strict; Path=/auth; Max-Age=604800"
            );
        }
        for remote in ["example.com", "localhost.example.com", "10.0.0.1:9000", "", "a b"] {
            let set = browser(&[("host", remote)]).set("token").unwrap();
            assert!(set.to_str().unwrap().ends_with("; Secure"), "{remote}");
        }
        // The gateway calls the service by another host than the client called.
        let set = browser(&[("host", "127.0.0.1:9001"), ("x-forwarded-host", "example.com")]);
        assert!(set.set("token").unwrap().to_str().unwrap().ends_with("; Secure"));
    }

    #[test]
    fn only_pages_of_allowed_origins_and_of_the_host_itself_may_use_the_cookie() {
        let page = |origin| {
            browser(&[
                ("host", "forge.example:9000"),
                ("origin", origin),
                ("cookie", "pf_refresh=t"),
            ])
        };
        for origin in ["http://localhost:3000", "https://forge.example:9000"] {
            assert!(page(origin).token(None).is_ok_and(|given| given.in_cookie), "{origin}");
        }
        for origin in [
            "http://localhost:3001",
            "https://localhost:3000",
            "http://forge.example",
            "http://localhost:3000.evil.example",
            "null",
        ] {
            assert!(page(origin).token(None).is_err(), "{origin}");
            assert!(page(origin).ensure_may_have_cookie().is_err(), "{origin}");
            // A page that sends the token itself needs no cookie.
            assert!(page(origin).token(Some("t".to_owned())).is_ok());
        }
        let no_origin = browser(&[("host", "localhost"), ("cookie", "pf_refresh=t")]);
        assert!(no_origin.token(None).is_err() && no_origin.ensure_may_have_cookie().is_ok());
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = |cookies| browser(&[("cookie", cookies)]).cookie;
        assert_eq!(found("a=1; pf_refresh=t-_1; b=2").as_deref(), Some("t-_1"));
        assert_eq!(found("xpf_refresh=1; pf_refresh2=2; pf_refresh="), None);
        assert!(browser(&[]).clear().is_none());
        let cleared = browser(&[("cookie", "pf_refresh=t")]).clear().unwrap();
        assert!(cleared.to_str().unwrap().starts_with("pf_refresh=; "));
        assert!(cleared.to_str().unwrap().contains("Max-Age=0"));
    }
}
