//! Parsed assertions.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{compiled::Pattern, schema::Schema};

/// An assertion that can be graded.
pub struct ParsedAssertion {
    pub check: Check,
    pub negated: bool,
}

/// A condition on the answer.
pub enum Check {
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
