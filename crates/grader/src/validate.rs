//! Validates the assertions of a request.

use garde::{Error, Path, Report, Validate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    assertion::Assertion,
    parse::{Problem, parse},
};

/// The most assertions in a list.
const MAX_ASSERTIONS: usize = 50;
/// The most characters of all patterns of a test together, and bytes of all its schemas: both are compiled.
const MAX_PATTERNS: usize = 20_000;
const MAX_SCHEMAS: usize = 128 * 1024;

impl Validate for Assertion {
    type Context = ();

    fn validate_into(&self, _: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        if let Err(problems) = parse(self) {
            add(problems, parent, report);
        }
    }
}

/// An assertion whose texts may hold the placeholders of a data set's row.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct AssertionTemplate(pub Assertion);

impl Validate for AssertionTemplate {
    type Context = ();

    /// Checks it as if every placeholder stood for some text. Whether the filled-in texts are right is
    /// checked once they are there.
    fn validate_into(&self, _: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        if let Err(problems) = parse(&self.0.with_any_values()) {
            add(problems, parent, report);
        }
    }
}

impl AsRef<Assertion> for Assertion {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsRef<Assertion> for AssertionTemplate {
    fn as_ref(&self) -> &Assertion {
        &self.0
    }
}

/// A list of assertions of bounded length; the assertions of a longer one are not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct AssertionList<T>(pub Vec<T>);

impl<T: AsRef<Assertion>> AssertionList<T> {
    /// Returns the bound that the list exceeds, as a sentence, if it exceeds one.
    fn excess(&self) -> Option<String> {
        let assertions = || self.0.iter().map(AsRef::as_ref);
        let patterns: usize = assertions().map(pattern_chars).sum();
        let schemas: usize = assertions().map(schema_bytes).sum();
        match () {
            () if self.0.len() > MAX_ASSERTIONS => {
                Some(format!("must be {MAX_ASSERTIONS} at most"))
            }
            () if patterns > MAX_PATTERNS => {
                Some(format!("must have {MAX_PATTERNS} characters of patterns at most"))
            }
            () if schemas > MAX_SCHEMAS => {
                Some(format!("must have {MAX_SCHEMAS} bytes of schemas at most"))
            }
            () => None,
        }
    }
}

impl<T: Validate<Context = ()> + AsRef<Assertion>> Validate for AssertionList<T> {
    type Context = ();

    fn validate_into(&self, _: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        if let Some(excess) = self.excess() {
            report.append(parent(), Error::new(excess));
            return;
        }
        for (i, item) in self.0.iter().enumerate() {
            item.validate_into(&(), &mut || parent().join(i), report);
        }
    }
}

fn pattern_chars(assertion: &Assertion) -> usize {
    match (assertion.plain_kind(), &assertion.value) {
        ("regex", Some(Value::String(pattern))) => pattern.chars().count(),
        _ => 0,
    }
}

fn schema_bytes(assertion: &Assertion) -> usize {
    match (assertion.plain_kind(), &assertion.value) {
        ("is-json" | "json-schema", Some(schema)) => schema.to_string().len(),
        _ => 0,
    }
}

fn add(problems: Vec<Problem>, parent: &mut dyn FnMut() -> Path, report: &mut Report) {
    for Problem { field, what } in problems {
        report.append(parent().join(field), Error::new(what));
    }
}
