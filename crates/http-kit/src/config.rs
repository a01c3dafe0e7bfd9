//! Settings from the environment: read once, with every missing or bad one named in one error.

use std::{env, fmt::Display, str::FromStr};

/// A reader of settings that collects what is wrong with them.
///
/// Each getter notes a problem and returns a usable stand-in, so that reading goes on;
/// [`Env::finish`] then returns all problems.
#[derive(Default)]
pub struct Env {
    problems: Vec<String>,
    overrides: Vec<(String, String)>,
}

/// The settings that are missing or bad, one on each line.
#[derive(Debug, thiserror::Error)]
#[error("bad settings:\n  {}", .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

impl Env {
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a reader with values that override the process's environment.
    pub fn with(
        overrides: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        Self {
            problems: Vec::new(),
            overrides: overrides.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        }
    }

    /// Reads an optional text; an empty one counts as absent.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads settings")]
    pub fn optional(&mut self, name: &str) -> Option<String> {
        let value =
            self.overrides.iter().rev().find(|(key, _)| key == name).map(|(_, v)| v.clone());
        value.or_else(|| env::var(name).ok()).filter(|value| !value.trim().is_empty())
    }

    /// Reads a required text.
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(name, "is not set");
            String::new()
        })
    }

    /// Reads an optional value of a type that parses.
    pub fn parse_optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.optional(name)?;
        match text.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                // The value is not repeated: it may be a secret put under the wrong name.
                self.problem(name, &format!("cannot be read: {error}"));
                None
            }
        }
    }

    /// Reads a value with a default.
    pub fn parse_or<T: FromStr<Err: Display>>(&mut self, name: &str, default: T) -> T {
        self.parse_optional(name).unwrap_or(default)
    }

    /// Reads a comma-separated list; empty when absent.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// Reads one or more base URLs, comma-separated, and removes their trailing slashes.
    pub fn urls(&mut self, name: &str) -> Vec<String> {
        let urls = self.list(name);
        if urls.is_empty() {
            self.problem(name, "is not set");
        }
        for url in &urls {
            let scheme_ok = url.starts_with("http://") || url.starts_with("https://");
            if !scheme_ok || url.parse::<http::Uri>().is_err() {
                self.problem(name, "must be http:// or https:// URLs, comma-separated");
            }
        }
        urls.into_iter().map(|url| url.trim_end_matches('/').to_owned()).collect()
    }

    /// Notes a problem that the caller found.
    pub fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("{name} {problem}"));
    }

    /// Returns `config` if every setting was good.
    ///
    /// # Errors
    /// All problems noted so far.
    pub fn finish<C>(self, config: C) -> Result<C, ConfigError> {
        if self.problems.is_empty() { Ok(config) } else { Err(ConfigError(self.problems)) }
    }
}

/// A value of `RATE_LIMIT_PROFILE`, which the gateway and the user service read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RateLimitProfile {
    /// The gateway limits requests, and the user service limits guessing passwords.
    Production,
    /// Only guessing passwords is limited.
    Development,
    /// Nothing is limited.
    Off,
}

impl FromStr for RateLimitProfile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "production" => Ok(Self::Production),
            "dev" => Ok(Self::Development),
            "off" => Ok(Self::Off),
            _ => Err("it is `production`, `dev` or `off`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bad_settings_are_named_in_one_error() {
        let mut env = Env::with([("PORT", "many"), ("SOME_URL", "ftp://x"), ("SET", "yes")]);
        let _: u16 = env.parse_or("PORT", 1);
        env.urls("SOME_URL");
        env.required("ABSENT_FOR_SURE");
        assert_eq!(env.required("SET"), "yes");
        let text = env.finish(()).unwrap_err().to_string();
        for name in ["PORT", "SOME_URL", "ABSENT_FOR_SURE"] {
            assert!(text.contains(name), "{name} in {text}");
        }
    }
}
