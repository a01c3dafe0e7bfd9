//! Assertions as clients write them, and as they are stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::number;

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

/// The prefix that turns a type into its opposite.
pub const NOT: &str = "not-";

/// Something that the answer must be. Each type can be turned round with `not-` before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "icontains", "value": "hello", "weight": 2}))]
pub struct Assertion {
    /// One of `equals`, `contains`, `icontains`, `contains-any`, `contains-all`, `starts-with`,
    /// `regex`, `is-json`, `json-schema`, `word-count`, `levenshtein`, `latency`, `cost`, or one of
    /// these after `not-`.
    #[serde(rename = "type")]
    #[schema(
        pattern = "^(not-)?(equals|i?contains|contains-any|contains-all|starts-with|regex|is-json|json-schema|word-count|levenshtein|latency|cost)$",
        example = "icontains"
    )]
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

impl Assertion {
    /// Returns the type without `not-` before it.
    pub fn plain_kind(&self) -> &str {
        self.kind.trim_start_matches(NOT)
    }

    /// Returns the names of the placeholders; a row without a value for one of them cannot be graded.
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.with_texts(|text| {
            names.extend(template::variables(text));
            String::new()
        });
        names
    }

    /// Estimates the bytes that it is stored in.
    pub fn size(&self) -> usize {
        64 + self.value.as_ref().map_or(0, |value| value.to_string().len())
    }

    /// Returns the assertion with some text for every placeholder.
    pub fn with_any_values(&self) -> Self {
        self.with_texts(|text| {
            let names = template::variables(text).into_iter();
            let any = names.map(|name| (name, "x".to_owned())).collect();
            template::render(text, &any).unwrap_or_default()
        })
    }

    /// Returns the assertion with every text of its value put through `change`. A pattern's placeholders
    /// stand for text to be found as it is. A schema has no placeholders: it is the same for all rows.
    pub fn with_texts(&self, mut change: impl FnMut(&str) -> String) -> Self {
        let value = match self.plain_kind() {
            "json-schema" | "is-json" => self.value.clone(),
            _ => self.value.as_ref().map(|value| map_texts(value, &mut change)),
        };
        Self { value, ..self.clone() }
    }
}

fn map_texts(value: &Value, change: &mut impl FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(list) => list.iter().map(|item| map_texts(item, change)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, item)| (key.clone(), map_texts(item, change))).collect()
        }
        other => other.clone(),
    }
}

/// Lists the known types in a sentence, for people.
pub fn known_types() -> String {
    format!("must be one of {}, or one of these after `not-`", TYPES.join(", "))
}
