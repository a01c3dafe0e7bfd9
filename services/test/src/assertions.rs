//! What an answer must be: checked when it is asked for, graded when the answer is there.
//!
//! A grader that cannot tell (no price to compare, a text too long for it) is an error, and an error
//! is never a pass: not under `not-` either.

mod body;
mod compiled;
mod fill;
mod grade;
mod parse;
mod schema;

pub use body::{AssertionBody, Few, TemplateBody};
pub use fill::{Filler, of_expectation};
pub use grade::{Answer, AssertionResult, Grade, grade, ungraded};

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;

use compiled::Pattern;
use schema::Schema;

/// The types there are; each also with [`NOT`] before it.
pub const TYPES: [&str; 13] = [
    "equals",
    "contains",
    "icontains",
    "contains-any",
    "contains-all",
    "starts-with",
    "regex",
    "is-json",
    "json-schema",
    "word-count",
    "levenshtein",
    "latency",
    "cost",
];

/// Turns a type into its opposite.
pub const NOT: &str = "not-";

/// An assertion that can be graded.
struct Assertion {
    check: Check,
    negated: bool,
}

/// What is asked of the answer.
enum Check {
    /// Text is compared as it is, anything else as JSON.
    Equals {
        expected: Value,
        trim: bool,
    },
    Contains(String),
    /// In lower case.
    ContainsInAnyCase(String),
    ContainsAny(Vec<String>),
    ContainsAll(Vec<String>),
    StartsWith(String),
    Regex(Pattern),
    /// JSON, and by this schema if there is one.
    Json(Option<Arc<Schema>>),
    /// Both ends included.
    WordCount {
        min: u64,
        max: u64,
    },
    Levenshtein {
        text: String,
        max: f64,
    },
    /// Milliseconds.
    Latency {
        max: f64,
    },
    /// US dollars.
    Cost {
        max: Decimal,
    },
}

#[cfg(test)]
mod tests;
