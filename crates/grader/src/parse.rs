//! Parses a written assertion into one that can be graded, or into all that is wrong with it.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    assertion::{Assertion, NOT, known_types},
    check::{Check, ParsedAssertion},
    compiled::{self, Pattern},
    schema::Schema,
};

/// The most characters of a text that is looked for.
const MAX_TEXT: usize = 20_000;
/// The most texts in a list.
const MAX_TEXTS: usize = 100;
/// The most characters of a pattern.
const MAX_PATTERN: usize = 1_000;
const MAX_WEIGHT: f64 = 1_000.0;
/// The edits that `levenshtein` allows without a threshold.
const DEFAULT_EDITS: f64 = 5.0;

/// A problem with one field of an assertion.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub what: String,
}

fn problem<T>(field: &'static str, what: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { field, what: what.into() })
}

/// Parses an assertion.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(assertion: &Assertion) -> Result<ParsedAssertion, Vec<Problem>> {
    let (negated, kind) = match assertion.kind.strip_prefix(NOT) {
        Some(kind) => (true, kind),
        None => (false, assertion.kind.as_str()),
    };
    let mut problems = Vec::new();
    let mut keep = |result: Result<(), Problem>| problems.extend(result.err());
    keep(match assertion.weight {
        Some(weight) if !(weight > 0.0 && weight <= MAX_WEIGHT) => {
            problem("weight", format!("must be over 0, and {MAX_WEIGHT} at most"))
        }
        _ => Ok(()),
    });
    keep(match assertion.trim {
        Some(_) if kind != "equals" || !matches!(assertion.value, Some(Value::String(_))) => {
            problem("trim", "goes only with `equals` and a text")
        }
        _ => Ok(()),
    });
    let takes_threshold = matches!(kind, "levenshtein" | "latency" | "cost");
    keep(match assertion.threshold {
        Some(_) if !takes_threshold => {
            problem("threshold", "goes only with `levenshtein`, `latency` and `cost`")
        }
        Some(threshold) if threshold < 0.0 => problem("threshold", "must not be negative"),
        Some(threshold) if !threshold.is_finite() => {
            problem("threshold", "must be a finite number")
        }
        None if matches!(kind, "latency" | "cost") => problem("threshold", "is required"),
        Some(threshold) if kind == "levenshtein" && threshold.fract() != 0.0 => {
            problem("threshold", "must be a whole number")
        }
        _ => Ok(()),
    });
    match check(kind, assertion) {
        Ok(check) if problems.is_empty() => Ok(ParsedAssertion { check, negated }),
        Ok(_) => Err(problems),
        Err(problem) => {
            // Of an unknown type nothing else can be said.
            if problem.field == "type" {
                problems.clear();
            }
            problems.push(problem);
            Err(problems)
        }
    }
}

fn check(kind: &str, assertion: &Assertion) -> Result<Check, Problem> {
    let value = assertion.value.as_ref().filter(|value| !value.is_null());
    Ok(match kind {
        "equals" => {
            Check::Equals { expected: expected(value)?, trim: assertion.trim == Some(true) }
        }
        "contains" => Check::Contains(some_text(value)?),
        "icontains" => Check::ContainsInAnyCase(some_text(value)?.to_lowercase()),
        "contains-any" => Check::ContainsAny(texts(value)?),
        "contains-all" => Check::ContainsAll(texts(value)?),
        "starts-with" => Check::StartsWith(some_text(value)?),
        "regex" => Check::Regex(pattern(value)?),
        "is-json" => Check::Json(value.map(schema).transpose()?),
        "json-schema" => Check::Json(Some(schema(required(value)?)?)),
        "word-count" => word_count(required(value)?)?,
        "levenshtein" => Check::Levenshtein {
            text: text(required(value)?)?,
            max: assertion.threshold.unwrap_or(DEFAULT_EDITS),
        },
        "latency" | "cost" if value.is_some() => {
            return problem("value", "is not for this type: give `threshold`");
        }
        // A threshold that is not there has been named already.
        "latency" => Check::Latency { max: assertion.threshold.unwrap_or_default() },
        "cost" => match Decimal::try_from(assertion.threshold.unwrap_or_default()) {
            Ok(max) => Check::Cost { max },
            Err(_) => return problem("threshold", "is too large"),
        },
        _ => return problem("type", known_types()),
    })
}

fn required(value: Option<&Value>) -> Result<&Value, Problem> {
    value.map_or_else(|| problem("value", "is required"), Ok)
}

fn expected(value: Option<&Value>) -> Result<Value, Problem> {
    match required(value)? {
        value @ Value::String(_) => text(value).map(Value::String),
        value if value.to_string().len() > MAX_TEXT => {
            problem("value", format!("must have {MAX_TEXT} bytes at most"))
        }
        value => Ok(value.clone()),
    }
}

fn text(value: &Value) -> Result<String, Problem> {
    match value {
        Value::String(text) if text.chars().count() > MAX_TEXT => {
            problem("value", format!("must have {MAX_TEXT} characters at most"))
        }
        Value::String(text) => Ok(text.clone()),
        _ => problem("value", "must be a text"),
    }
}

/// Reads a text that is not empty: every answer contains the empty one.
fn some_text(value: Option<&Value>) -> Result<String, Problem> {
    match text(required(value)?)? {
        text if text.is_empty() => problem("value", "must not be empty"),
        text => Ok(text),
    }
}

fn texts(value: Option<&Value>) -> Result<Vec<String>, Problem> {
    match required(value)? {
        Value::Array(list) if (1..=MAX_TEXTS).contains(&list.len()) => {
            list.iter().map(|value| some_text(Some(value))).collect()
        }
        _ => problem("value", format!("must be a list of 1 to {MAX_TEXTS} texts")),
    }
}

fn pattern(value: Option<&Value>) -> Result<Pattern, Problem> {
    let pattern = some_text(value)?;
    if pattern.chars().count() > MAX_PATTERN {
        return problem("value", format!("must have {MAX_PATTERN} characters at most"));
    }
    if let Some(literal) = flagged_literal(&pattern) {
        return problem("value", format!("has slashes around it: write {literal}"));
    }
    compiled::pattern(&pattern).or_else(|what| problem("value", what))
}

/// Translates a pattern written as `/x/i`, as other languages have it. A pattern that begins with a slash
/// and has no flags is left alone: it may be looking for a slash.
fn flagged_literal(pattern: &str) -> Option<String> {
    let (inner, flags) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let is_flags = !flags.is_empty() && flags.chars().all(|c| "dgimsuvxy".contains(c));
    if inner.is_empty() || !is_flags {
        return None;
    }
    // The others say how to search, which is settled here.
    let known: String = flags.chars().filter(|c| "imsx".contains(*c)).collect();
    Some(match known.is_empty() {
        true => inner.to_owned(),
        false => format!("(?{known}){inner}"),
    })
}

fn schema(value: &Value) -> Result<Arc<Schema>, Problem> {
    compiled::schema(value).or_else(|what| problem("value", what))
}

fn word_count(value: &Value) -> Result<Check, Problem> {
    const SHAPE: &str = "must be a whole number, or {\"min\":…,\"max\":…} with one at least";
    let bound = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(bound) => bound.as_u64().map_or_else(|| problem("value", SHAPE), |n| Ok(Some(n))),
    };
    let (min, max) = match value {
        Value::Object(_) => (bound("min")?, bound("max")?),
        value => (value.as_u64(), value.as_u64()),
    };
    match (min, max) {
        (None, None) => problem("value", SHAPE),
        (Some(min), Some(max)) if min > max => problem("value", "`min` must not be over `max`"),
        (min, max) => Ok(Check::WordCount { min: min.unwrap_or(0), max: max.unwrap_or(u64::MAX) }),
    }
}
