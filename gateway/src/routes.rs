//! Which service owns which path: a table, matched by the longest prefix of whole segments.

use std::{borrow::Cow, time::Duration};

use http::Method;

/// A service behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    User,
    Prompt,
    Test,
    Marketplace,
    Analytics,
}

impl Service {
    pub const ALL: [Self; 5] =
        [Self::User, Self::Prompt, Self::Test, Self::Marketplace, Self::Analytics];

    /// Returns the name as in its health answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Prompt => "prompt",
            Self::Test => "test",
            Self::Marketplace => "marketplace",
            Self::Analytics => "analytics",
        }
    }

    /// Returns the name as in messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::User => "user service",
            Self::Prompt => "prompt service",
            Self::Test => "test service",
            Self::Marketplace => "marketplace service",
            Self::Analytics => "analytics service",
        }
    }

    /// Returns the path of its API description.
    pub fn description_path(self) -> &'static str {
        match self {
            Self::User => "/api-docs/user.json",
            Self::Prompt => "/api-docs/prompt.json",
            Self::Test => "/api-docs/test.json",
            Self::Marketplace => "/api-docs/marketplace.json",
            Self::Analytics => "/api-docs/analytics.json",
        }
    }

    /// Returns the setting that holds the addresses of its instances.
    pub fn setting(self) -> &'static str {
        match self {
            Self::User => "USER_SERVICE_URL",
            Self::Prompt => "PROMPT_SERVICE_URL",
            Self::Test => "TEST_SERVICE_URL",
            Self::Marketplace => "MARKETPLACE_SERVICE_URL",
            Self::Analytics => "ANALYTICS_SERVICE_URL",
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }
}

/// Who may pass on a route. The service still checks roles and ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Anyone,
    /// Callers with an access token.
    SignedIn,
}

/// A class of requests that share a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitClass {
    Login,
    Register,
    Write,
    Read,
    Test,
    Purchase,
}

/// Which requests may be sent a second time after one that got no answer. One that was never sent goes
/// to another instance in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// Those whose method is idempotent (RFC 9110, 9.2.2).
    Idempotent,
    /// None.
    Never,
}

/// A row of the table.
#[derive(Debug)]
pub struct Route {
    /// The prefix as the service knows it.
    pub prefix: &'static str,
    pub service: Service,
    pub access: Access,
    /// The limit of POST requests; others count as reads or as writes.
    writes: LimitClass,
    /// The time within which the service must begin its answer, from the end of the request.
    pub deadline: Duration,
    retry: RetryClass,
}

const fn route(prefix: &'static str, service: Service) -> Route {
    Route {
        prefix,
        service,
        access: Access::Anyone,
        writes: LimitClass::Write,
        deadline: Duration::from_secs(15),
        retry: RetryClass::Idempotent,
    }
}

impl Route {
    const fn signed_in(mut self) -> Self {
        self.access = Access::SignedIn;
        self
    }

    const fn writes(mut self, class: LimitClass) -> Self {
        self.writes = class;
        self
    }

    const fn within(mut self, seconds: u64) -> Self {
        self.deadline = Duration::from_secs(seconds);
        self
    }

    const fn never_twice(mut self) -> Self {
        self.retry = RetryClass::Never;
        self
    }

    /// Returns the class whose limit a request of this method counts against.
    pub fn limit_class(&self, method: &Method) -> LimitClass {
        match *method {
            Method::POST => self.writes,
            _ if method.is_safe() => LimitClass::Read,
            _ => LimitClass::Write,
        }
    }

    /// Tells whether a request that was sent and got no answer may be sent once more.
    pub fn may_repeat(&self, method: &Method) -> bool {
        self.retry == RetryClass::Idempotent && method.is_idempotent()
    }
}

/// The other prefixes that clients may write, each with the canonical one.
const ALIASES: [(&str, &str); 4] = [
    ("/api/auth", "/auth"),
    ("/api/users", "/users"),
    ("/api/prompts", "/prompts"),
    ("/api/analytics", "/analytics"),
];

const ROUTES: [Route; 19] = [
    route("/auth", Service::User),
    route("/auth/login", Service::User).writes(LimitClass::Login),
    route("/auth/refresh", Service::User).writes(LimitClass::Login),
    route("/auth/register", Service::User).writes(LimitClass::Register),
    route("/auth/sessions", Service::User).signed_in(),
    route("/auth/password", Service::User).signed_in(),
    route("/users", Service::User),
    route("/users/me", Service::User).signed_in(),
    route("/.well-known/jwks.json", Service::User),
    route("/prompts", Service::Prompt),
    route("/prompts/my-prompts", Service::Prompt).signed_in(),
    route("/api/social", Service::Prompt),
    // A client may ask to wait 30 s for a test to finish (`Prefer: wait=30`).
    route("/api/tests", Service::Test).writes(LimitClass::Test).within(40),
    route("/api/marketplace", Service::Marketplace),
    route("/api/marketplace/purchase", Service::Marketplace)
        .signed_in()
        .writes(LimitClass::Purchase)
        .never_twice(),
    route("/api/marketplace/transactions", Service::Marketplace).signed_in(),
    route("/analytics", Service::Analytics),
    route("/analytics/pipeline", Service::Analytics).signed_in(),
    route("/analytics/dead-letters", Service::Analytics).signed_in(),
];

/// Returns the route for a path, by the longest prefix, and the path as the service knows it; `None`
/// for a path that no service owns, such as `/internal`.
pub fn find(path: &str) -> Option<(&'static Route, Cow<'_, str>)> {
    let path = canonical(path);
    let matching = ROUTES.iter().filter(|route| rest_after(route.prefix, &path).is_some());
    let route = matching.max_by_key(|route| route.prefix.len())?;
    Some((route, path))
}

/// Returns a path under its canonical prefix.
fn canonical(path: &str) -> Cow<'_, str> {
    let rest = ALIASES.iter().find_map(|(alias, prefix)| Some((prefix, rest_after(alias, path)?)));
    match rest {
        Some((prefix, rest)) => Cow::Owned(format!("{prefix}{rest}")),
        None => Cow::Borrowed(path),
    }
}

/// Returns what follows a prefix of whole segments.
fn rest_after<'p>(prefix: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(path: &str) -> Option<(Service, String)> {
        find(path).map(|(route, path)| (route.service, path.into_owned()))
    }

    #[test]
    fn a_path_goes_to_its_owner_under_its_canonical_name() {
        let cases = [
            ("/auth/login", Service::User, "/auth/login"),
            ("/api/auth/login", Service::User, "/auth/login"),
            ("/api/users", Service::User, "/users"),
            ("/.well-known/jwks.json", Service::User, "/.well-known/jwks.json"),
            ("/api/prompts/1/versions", Service::Prompt, "/prompts/1/versions"),
            ("/api/social/likes", Service::Prompt, "/api/social/likes"),
            ("/api/tests/providers", Service::Test, "/api/tests/providers"),
            ("/api/marketplace/listings", Service::Marketplace, "/api/marketplace/listings"),
            ("/api/analytics/stats", Service::Analytics, "/analytics/stats"),
        ];
        for (path, service, canonical) in cases {
            assert_eq!(resolve(path), Some((service, canonical.to_owned())), "{path}");
        }
    }

    #[test]
    fn a_prefix_matches_whole_segments_only_and_internal_paths_never() {
        for path in
            ["/authority", "/promptsx", "/internal/prompts/1", "/", "/api", "//prompts", "/Prompts"]
        {
            assert_eq!(resolve(path), None, "{path}");
        }
    }

    #[test]
    fn requests_count_against_the_class_of_their_path_and_method_under_every_alias() {
        let cases = [
            (Method::POST, "/auth/login", LimitClass::Login),
            (Method::POST, "/api/auth/login", LimitClass::Login),
            (Method::POST, "/auth/refresh", LimitClass::Login),
            (Method::POST, "/api/auth/register", LimitClass::Register),
            (Method::POST, "/auth/logout", LimitClass::Write),
            (Method::GET, "/prompts/public", LimitClass::Read),
            (Method::HEAD, "/api/tests/1", LimitClass::Read),
            (Method::POST, "/api/tests", LimitClass::Test),
            (Method::POST, "/api/tests/comparisons", LimitClass::Test),
            (Method::POST, "/api/marketplace/purchase", LimitClass::Purchase),
            (Method::DELETE, "/api/prompts/1", LimitClass::Write),
        ];
        for (method, path, class) in cases {
            assert_eq!(find(path).unwrap().0.limit_class(&method), class, "{method} {path}");
        }
    }

    #[test]
    fn only_idempotent_requests_may_be_sent_twice() {
        let may_repeat = |method, path| find(path).unwrap().0.may_repeat(&method);
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert!(may_repeat(method, "/prompts/1"));
        }
        for method in [Method::POST, Method::PATCH] {
            assert!(!may_repeat(method, "/prompts/1"));
        }
        assert!(!may_repeat(Method::PUT, "/api/marketplace/purchase"));
    }

    #[test]
    fn services_are_indexed_in_the_order_they_are_listed() {
        for (i, service) in Service::ALL.into_iter().enumerate() {
            assert_eq!(service.index(), i);
        }
    }
}
