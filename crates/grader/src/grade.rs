//! Grades an answer: each assertion gets a result, all of them together a score.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    assertion::Assertion,
    check::{Check, ParsedAssertion},
    parse::parse,
    text::shortened,
};

/// The longest answer, in bytes, that is read as JSON.
const MAX_TEXT: usize = 1_000_000;
/// The longest time that one answer is graded. The clock is read before each assertion; one assertion is
/// bounded by the lengths of the texts that it takes.
const MAX_TIME: Duration = Duration::from_secs(2);
/// The most characters of one text times those of the other: the cost of `levenshtein`.
const MAX_EDIT_TABLE: usize = 25_000_000;
/// The score of an answer that fails something, whatever the weights say.
const NEARLY_ALL: f64 = 1.0 - 1e-9;

/// An answer to be graded.
pub struct GradedText {
    pub text: String,
    /// The time that the provider took.
    pub took: Duration,
    /// US dollars; none when the model has no known price.
    pub cost: Option<Decimal>,
}

/// The grade of an answer.
#[derive(Debug, PartialEq)]
pub struct Grade {
    /// 0 to 1, and 1 only when everything passed.
    pub score: f64,
    /// An array of [`AssertionResult`]s, in the order of the assertions.
    pub results: Value,
}

/// What came of one assertion.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssertionResult {
    #[serde(rename = "type")]
    #[schema(example = "icontains")]
    kind: String,
    value: Option<Value>,
    threshold: Option<f64>,
    #[schema(example = 1)]
    weight: f64,
    /// Null when it could not be told, which counts as not passed.
    passed: Option<bool>,
    /// What was measured: words, edits, milliseconds or US dollars.
    actual: Option<f64>,
    /// Why it did not pass.
    reason: Option<String>,
    /// Why it could not be told.
    error: Option<String>,
}

/// The outcome of one check: the figure that was measured, and the reason if the check does not hold.
struct Finding {
    actual: Option<f64>,
    failed: Option<String>,
}

/// Grades an answer by assertions as they were stored. Takes seconds at worst: not for the async threads.
pub fn grade(assertions: &Value, answer: &GradedText) -> Grade {
    grade_within(MAX_TIME, assertions, answer)
}

/// Makes the grade of an answer whose grader panicked.
pub fn ungraded(assertions: &Value) -> Grade {
    broken(assertions, "The grader broke down.")
}

/// Grades an answer; assertions that are not reached within `most` get an error.
pub fn grade_within(most: Duration, assertions: &Value, answer: &GradedText) -> Grade {
    let Ok(assertions) = Vec::<Assertion>::deserialize(assertions) else {
        return broken(assertions, "The assertions cannot be read.");
    };
    let started = Instant::now();
    let results = assertions.iter().map(|assertion| match started.elapsed() < most {
        true => result(assertion, answer),
        false => AssertionResult {
            error: Some(
                "Grading the answer takes too long, and was given up before this.".to_owned(),
            ),
            ..AssertionResult::open(assertion)
        },
    });
    total(results.collect())
}

/// Makes a grade that gives every assertion the same error.
fn broken(assertions: &Value, why: &str) -> Grade {
    let count = assertions.as_array().map_or(1, Vec::len);
    let error = |_| AssertionResult {
        kind: "unknown".to_owned(),
        value: None,
        threshold: None,
        weight: 1.0,
        passed: None,
        actual: None,
        reason: None,
        error: Some(why.to_owned()),
    };
    total((0..count).map(error).collect())
}

fn total(results: Vec<AssertionResult>) -> Grade {
    let all: f64 = results.iter().map(|result| result.weight).sum();
    let passed = results.iter().filter(|result| result.passed == Some(true));
    // Not `sum`: that of nothing is -0.0, which JSON shows.
    let share = passed.fold(0.0, |sum, result| sum + result.weight) / all;
    let score = match results.iter().all(|result| result.passed == Some(true)) {
        true => 1.0,
        false => share.clamp(0.0, NEARLY_ALL),
    };
    Grade { score, results: json!(results) }
}

impl AssertionResult {
    /// Makes the result of an assertion that has not been checked yet.
    fn open(assertion: &Assertion) -> Self {
        Self {
            kind: assertion.kind.clone(),
            value: assertion.value.clone(),
            threshold: assertion.threshold,
            weight: assertion.weight.unwrap_or(1.0),
            passed: None,
            actual: None,
            reason: None,
            error: None,
        }
    }
}

fn result(assertion: &Assertion, answer: &GradedText) -> AssertionResult {
    let mut result = AssertionResult::open(assertion);
    let finding = match parse(assertion) {
        Ok(parsed) => run_check(&parsed, answer).map(|finding| (parsed.negated, finding)),
        Err(_) => Err("The assertion cannot be read.".to_owned()),
    };
    match finding {
        Ok((negated, Finding { actual, failed })) => {
            result.actual = actual;
            result.passed = Some(failed.is_some() == negated);
            result.reason = match (negated, failed) {
                (false, failed) => failed,
                (true, None) => Some("It holds, and should not.".to_owned()),
                (true, Some(_)) => None,
            };
        }
        Err(error) => result.error = Some(error),
    }
    result
}

/// Checks one assertion.
///
/// # Errors
/// Why it cannot be decided, for people.
fn run_check(assertion: &ParsedAssertion, answer: &GradedText) -> Result<Finding, String> {
    let text = answer.text.as_str();
    Ok(match &assertion.check {
        Check::Equals { expected: Value::String(expected), trim: true } => {
            holds(text.trim() == expected.trim(), "The answer is another.")
        }
        Check::Equals { expected: Value::String(expected), trim: false } => {
            holds(text == expected, "The answer is another.")
        }
        Check::Equals { expected, .. } => match json_of(text)? {
            Some(json) => holds(same_json(&json, expected), "The answer is other JSON."),
            None => failed("The answer is not JSON."),
        },
        Check::Contains(part) => holds(text.contains(part), "The answer does not contain it."),
        Check::ContainsInAnyCase(part) => {
            holds(text.to_lowercase().contains(part), "The answer does not contain it.")
        }
        Check::ContainsAny(parts) => {
            holds(parts.iter().any(|part| text.contains(part)), "The answer contains none of them.")
        }
        Check::ContainsAll(parts) => match parts.iter().find(|part| !text.contains(*part)) {
            Some(part) => failed(format!("The answer does not contain “{}”.", shortened(part))),
            None => holds(true, ""),
        },
        Check::StartsWith(start) => {
            holds(text.starts_with(start), "The answer does not start with it.")
        }
        Check::Regex(pattern) => holds(pattern.is_in(text)?, "Nothing in the answer matches."),
        Check::Json(schema) => match (json_of(text)?, schema) {
            (None, _) => failed("The answer is not JSON."),
            (Some(_), None) => holds(true, ""),
            (Some(json), Some(schema)) => match schema.broken_by(&json, text.len())? {
                None => holds(true, ""),
                Some(how) => failed(format!("The answer breaks the schema {how}.")),
            },
        },
        Check::WordCount { min, max } => {
            let words = text.split_whitespace().count() as u64;
            measured(words.to_f64(), (*min..=*max).contains(&words), "The number of words is off.")
        }
        Check::Levenshtein { text: other, max } => {
            let edits = edits(text, other)?;
            measured(Some(edits), edits <= *max, "It takes more edits than allowed.")
        }
        Check::Latency { max } => {
            let took = answer.took.as_millis().to_f64();
            measured(took, took.is_some_and(|took| took <= *max), "It took longer than allowed.")
        }
        Check::Cost { max } => {
            let cost = answer.cost.ok_or("The model has no known price.")?;
            measured(cost.to_f64(), cost <= *max, "It cost more than allowed.")
        }
    })
}

fn holds(holds: bool, otherwise: &str) -> Finding {
    Finding { actual: None, failed: (!holds).then(|| otherwise.to_owned()) }
}

fn failed(why: impl Into<String>) -> Finding {
    // JSON in an answer can name U+0000, which Postgres cannot hold.
    Finding { actual: None, failed: Some(why.into().replace('\0', "\u{fffd}")) }
}

fn measured(actual: Option<f64>, holds: bool, otherwise: &str) -> Finding {
    Finding { actual, failed: (!holds).then(|| otherwise.to_owned()) }
}

fn json_of(text: &str) -> Result<Option<Value>, String> {
    if text.len() > MAX_TEXT {
        return Err(format!(
            "The answer is longer than the {MAX_TEXT} bytes that are read as JSON."
        ));
    }
    Ok(serde_json::from_str(text).ok())
}

fn edits(a: &str, b: &str) -> Result<f64, String> {
    let size = a.chars().count().saturating_mul(b.chars().count());
    if size > MAX_EDIT_TABLE {
        return Err("The texts are too long to be compared edit by edit.".to_owned());
    }
    Ok(strsim::levenshtein(a, b) as f64)
}

/// Compares JSON values; numbers are the same when they have the same value: `1` and `1.0`.
fn same_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let b: BTreeMap<_, _> = b.iter().collect();
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_json(a, b)))
        }
        (a, b) => a == b,
    }
}
