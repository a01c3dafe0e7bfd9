//! The API key of a provider, and what keeps it out of logs and answers.

use std::fmt;

use http::HeaderValue;
use http_kit::config::Env;

/// The text that stands where a key was.
const HIDDEN: &str = "[key]";

/// The characters of the key that give it away at a word's start and end; fewer may agree by chance.
const TELLING_START: usize = 6;
const TELLING_END: usize = 4;

/// An API key. It is never printed, and taken out of what providers say: some repeat the key they refuse,
/// or most of it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Reads the key; `None` when the setting is absent.
    pub fn read(env: &mut Env, name: &str) -> Option<Self> {
        let key = env.optional(name)?.trim().to_owned();
        // The value is not repeated.
        if key.len() < 8 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            env.problem(name, "must be 8 or more visible ASCII characters");
            return None;
        }
        Some(Self(key))
    }

    /// Returns a header value that no log shows: `before` and the key.
    pub fn header(&self, before: &str) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("{before}{}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Returns the text without the key, and without words that show a part of it, as in `sk-ab***wxyz`.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, HIDDEN)
            .split_inclusive(char::is_whitespace)
            .map(|word| if self.shows_in(word) { hide(word) } else { word.to_owned() })
            .collect()
    }

    fn shows_in(&self, word: &str) -> bool {
        let start = self.0.get(..TELLING_START).unwrap_or(&self.0);
        let end = self.0.get(self.0.len() - TELLING_END..).unwrap_or(&self.0);
        let masked = word.contains('*') || word.contains("..") || word.contains('…');
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        word.contains(start) || (masked && bare.ends_with(end))
    }
}

/// Replaces a word, and keeps the white space after it.
fn hide(word: &str) -> String {
    let space = &word[word.trim_end().len()..];
    format!("{HIDDEN}{space}")
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey("sk-proj-0123456789abcdefWXYZ".to_owned())
    }

    #[test]
    fn a_key_is_not_printed() {
        let header = key().header("Bearer ").unwrap();
        assert_eq!(format!("{:?} {header:?}", key()), "ApiKey(***) Sensitive");
    }

    #[test]
    fn what_a_provider_repeats_of_the_key_is_taken_out() {
        for said in [
            "Incorrect API key provided: sk-proj-0123456789abcdefWXYZ. See the docs.",
            "Incorrect API key provided: sk-proj-********WXYZ. See the docs.",
            "Incorrect API key provided: ****WXYZ. See the docs.",
            "Incorrect API key provided: \"sk-proj-01...\" See the docs.",
        ] {
            let shown = key().redact(said);
            assert!(!shown.contains("WXYZ") && !shown.contains("0123"), "{shown}");
            assert!(shown.starts_with("Incorrect API key provided: [key]"), "{shown}");
            assert!(shown.ends_with(" See the docs."), "{shown}");
        }
        assert_eq!(key().redact("a*b \n c WXYZ"), "a*b \n c WXYZ");
    }

    #[test]
    fn a_key_that_no_header_can_hold_is_refused_and_not_repeated() {
        let mut env = Env::with([("K", "sk-смешной-ключ")]);
        assert!(ApiKey::read(&mut env, "K").is_none());
        let error = env.finish(()).unwrap_err().to_string();
        assert!(error.contains("K must be") && !error.contains("sk-"), "{error}");
    }
}
