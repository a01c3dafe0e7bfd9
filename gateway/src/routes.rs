//! Which service owns which path: a table, matched by the longest prefix of whole segments.

use std::{borrow::Cow, time::Duration};

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

/// A row of the table.
#[derive(Debug)]
pub struct Route {
    /// The prefix as clients may write it.
    pub prefix: &'static str,
    /// The prefix as the service knows it.
    canonical: &'static str,
    pub service: Service,
    /// The time within which the service must begin its answer.
    pub deadline: Duration,
}

const fn route(prefix: &'static str, canonical: &'static str, service: Service) -> Route {
    Route { prefix, canonical, service, deadline: Duration::from_secs(15) }
}

const ROUTES: [Route; 12] = [
    route("/auth", "/auth", Service::User),
    route("/api/auth", "/auth", Service::User),
    route("/users", "/users", Service::User),
    route("/api/users", "/users", Service::User),
    route("/.well-known/jwks.json", "/.well-known/jwks.json", Service::User),
    route("/prompts", "/prompts", Service::Prompt),
    route("/api/prompts", "/prompts", Service::Prompt),
    route("/api/social", "/api/social", Service::Prompt),
    // A client may ask to wait 30 s for a test to finish (`Prefer: wait=30`).
    Route {
        prefix: "/api/tests",
        canonical: "/api/tests",
        service: Service::Test,
        deadline: Duration::from_secs(40),
    },
    route("/api/marketplace", "/api/marketplace", Service::Marketplace),
    route("/analytics", "/analytics", Service::Analytics),
    route("/api/analytics", "/analytics", Service::Analytics),
];

/// Returns the route for a path, by the longest prefix; `None` for a path that no service owns, such as
/// `/internal`.
pub fn find(path: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .filter(|route| {
            path.strip_prefix(route.prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|route| route.prefix.len())
}

impl Route {
    /// Returns a path that this route matched, as the service knows it.
    pub fn canonical<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match path.strip_prefix(self.prefix) {
            Some(rest) if self.prefix != self.canonical => {
                Cow::Owned(format!("{}{rest}", self.canonical))
            }
            _ => Cow::Borrowed(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(path: &str) -> Option<(Service, String)> {
        find(path).map(|route| (route.service, route.canonical(path).into_owned()))
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
    fn services_are_indexed_in_the_order_they_are_listed() {
        for (i, service) in Service::ALL.into_iter().enumerate() {
            assert_eq!(service.index(), i);
        }
    }
}
