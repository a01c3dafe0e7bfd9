//! A cache of compiled patterns and schemas: a request compiles them to check them, and grading needs them
//! again, for an evaluation run once for each of thousands of cells.

use std::sync::{Arc, LazyLock};

use moka::sync::Cache;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::schema::{self, Schema};

/// The number of patterns, and of schemas, that are kept. Each takes some hundred KiB at most, with the
/// states that the engine remembers.
const KEPT: u64 = 64;

/// The most bytes of a compiled pattern, and of the states that the engine remembers.
const MAX_PATTERN: usize = 256 * 1024;
const MAX_PATTERN_MEMORY: usize = 128 * 1024;

/// The most bytes of a compiled pattern that counts as small.
const SMALL_PATTERN: usize = 32 * 1024;

/// The longest text, in bytes, in which a pattern is looked for: a small one, and a larger one. Each byte may
/// meet every state of the pattern, which takes a second or two at worst.
const SEARCHED_BY_SMALL: usize = 256 * 1024;
const SEARCHED: usize = 64 * 1024;

static PATTERNS: LazyLock<Cache<String, Pattern>> = LazyLock::new(|| Cache::new(KEPT));
static SCHEMAS: LazyLock<Cache<String, Arc<Schema>>> = LazyLock::new(|| Cache::new(KEPT));

/// A compiled pattern, and the longest text that it is looked for in.
#[derive(Clone)]
pub struct Pattern {
    regex: Regex,
    /// The longest text, in bytes.
    searched: usize,
}

impl Pattern {
    /// Tells whether the pattern matches somewhere.
    ///
    /// # Errors
    /// When the text is too long.
    pub fn is_in(&self, text: &str) -> Result<bool, String> {
        let most = self.searched;
        if text.len() > most {
            return Err(format!("The answer is longer than the {most} bytes that are searched."));
        }
        Ok(self.regex.is_match(text))
    }
}

/// Returns the compiled pattern, from the cache if it is there.
///
/// # Errors
/// What is wrong with the pattern, for people.
pub fn pattern(pattern: &str) -> Result<Pattern, String> {
    if let Some(known) = PATTERNS.get(pattern) {
        return Ok(known);
    }
    let within = |bytes| {
        let mut builder = RegexBuilder::new(pattern);
        builder.size_limit(bytes).dfa_size_limit(MAX_PATTERN_MEMORY).build()
    };
    let compiled = match within(SMALL_PATTERN) {
        Ok(regex) => Ok(Pattern { regex, searched: SEARCHED_BY_SMALL }),
        Err(regex::Error::CompiledTooBig(_)) => {
            within(MAX_PATTERN).map(|regex| Pattern { regex, searched: SEARCHED })
        }
        Err(error) => Err(error),
    };
    let compiled = compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "is too large once it is compiled".to_owned(),
        // Several lines that point at the place; the last one says what is wrong.
        error => {
            let text = error.to_string();
            let what = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("is not a regular expression that can be used: {what}")
        }
    })?;
    PATTERNS.insert(pattern.to_owned(), compiled.clone());
    Ok(compiled)
}

/// Returns the compiled schema, from the cache if it is there.
///
/// # Errors
/// What is wrong with the schema, for people.
pub fn schema(schema: &Value) -> Result<Arc<Schema>, String> {
    let text = schema.to_string();
    if let Some(known) = SCHEMAS.get(&text) {
        return Ok(known);
    }
    let compiled = Arc::new(schema::compile(schema, text.len())?);
    SCHEMAS.insert(text, compiled.clone());
    Ok(compiled)
}
