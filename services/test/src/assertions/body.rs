//! Assertions as clients write them, and as they are kept.

use garde::{Error, Path, Report, Validate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    NOT, TYPES,
    parse::{Problem, parse},
};
use crate::number;

/// More are refused.
pub const MAX_ASSERTIONS: usize = 50;
/// Characters of all patterns of a test together, and bytes of all its schemas: both are compiled.
const MAX_PATTERNS: usize = 20_000;
const MAX_SCHEMAS: usize = 128 * 1024;

/// Something that the answer must be. Each type can be turned round with `not-` before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "icontains", "value": "hello", "weight": 2}))]
pub struct AssertionBody {
    /// One of `equals`, `contains`, `icontains`, `contains-any`, `contains-all`, `starts-with`,
    /// `regex`, `is-json`, `json-schema`, `word-count`, `levenshtein`, `latency`, `cost`, or one of
    /// these after `not-`.
    #[serde(rename = "type")]
    #[schema(example = "icontains")]
    pub kind: String,
    /// What to look for: a text; a list of texts for `contains-any` and `contains-all`; a schema for
    /// `json-schema` and, if wanted, `is-json`; a number or `{"min":…,"max":…}` for `word-count`.
    /// For `equals` also any JSON, which the answer is then compared with as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The most that is allowed: edits for `levenshtein` (5 by default), milliseconds for `latency`,
    /// US dollars for `cost`.
    #[serde(
        default,
        deserialize_with = "number::positive_zero",
        skip_serializing_if = "Option::is_none"
    )]
    pub threshold: Option<f64>,
    /// What it counts for in the score, against the others; 1 by default.
    #[serde(
        default,
        deserialize_with = "number::positive_zero",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(exclusive_minimum = 0, maximum = 1000)]
    pub weight: Option<f64>,
    /// For `equals` with a text: white space around either does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trim: Option<bool>,
}

impl Validate for AssertionBody {
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
pub struct TemplateBody(pub AssertionBody);

impl Validate for TemplateBody {
    type Context = ();

    /// As if every placeholder stood for some text: whether the texts that come of it are right is
    /// seen once they are there.
    fn validate_into(&self, _: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        if let Err(problems) = parse(&self.0.with_any_values()) {
            add(problems, parent, report);
        }
    }
}

impl AsRef<AssertionBody> for AssertionBody {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsRef<AssertionBody> for TemplateBody {
    fn as_ref(&self) -> &AssertionBody {
        &self.0
    }
}

/// A list of assertions that is not too long; if it is, nobody looks at what is in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Few<T>(pub Vec<T>);

impl<T: AsRef<AssertionBody>> Few<T> {
    /// Says which bound the list passes, if it passes one.
    fn excess(&self) -> Option<String> {
        let bodies = || self.0.iter().map(AsRef::as_ref);
        let patterns: usize = bodies().map(AssertionBody::pattern_chars).sum();
        let schemas: usize = bodies().map(AssertionBody::schema_bytes).sum();
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

impl AssertionBody {
    fn pattern_chars(&self) -> usize {
        match (self.kind.trim_start_matches(NOT), &self.value) {
            ("regex", Some(Value::String(pattern))) => pattern.chars().count(),
            _ => 0,
        }
    }

    fn schema_bytes(&self) -> usize {
        match (self.kind.trim_start_matches(NOT), &self.value) {
            ("is-json" | "json-schema", Some(schema)) => schema.to_string().len(),
            _ => 0,
        }
    }
}

impl<T: Validate<Context = ()> + AsRef<AssertionBody>> Validate for Few<T> {
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

fn add(problems: Vec<Problem>, parent: &mut dyn FnMut() -> Path, report: &mut Report) {
    for Problem { field, what } in problems {
        report.append(parent().join(field), Error::new(what));
    }
}

/// The known types, for people.
pub fn known_types() -> String {
    format!("must be one of {}, or one of these after `not-`", TYPES.join(", "))
}
