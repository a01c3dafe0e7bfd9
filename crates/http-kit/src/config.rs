//! Settings from the environment: read once, every missing or bad one named in one error.

use std::{env, fmt::Display, str::FromStr};

/// Reads settings and collects what is wrong with them.
///
/// Each getter returns a usable stand-in after noting a problem, so that the reading goes on;
/// [`Env::finish`] then refuses the whole.
#[derive(Default)]
pub struct Env {
    problems: Vec<String>,
    overrides: Vec<(String, String)>,
}

/// Every setting that is missing or bad, one a line.
#[derive(Debug, thiserror::Error)]
#[error("bad settings:\n  {}", .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

impl Env {
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Env::new`], with values that win over the process's own environment.
    pub fn with(
        overrides: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        Self {
            problems: Vec::new(),
            overrides: overrides.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        }
    }

    /// An optional text; empty counts as absent.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        let own = self.overrides.iter().rev().find(|(key, _)| key == name).map(|(_, v)| v.clone());
        own.or_else(|| env::var(name).ok()).filter(|value| !value.trim().is_empty())
    }

    /// A required text.
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(name, "is not set");
            String::new()
        })
    }

    /// An optional value of any type that parses.
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

    /// A value with a default.
    pub fn parse_or<T: FromStr<Err: Display>>(&mut self, name: &str, default: T) -> T {
        self.parse_optional(name).unwrap_or(default)
    }

    /// A comma-separated list; empty when absent.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// One or more base URLs, comma-separated, without the trailing slash.
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

    /// `config` if every setting was good.
    ///
    /// # Errors
    /// All problems noted so far.
    pub fn finish<C>(self, config: C) -> Result<C, ConfigError> {
        if self.problems.is_empty() { Ok(config) } else { Err(ConfigError(self.problems)) }
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
