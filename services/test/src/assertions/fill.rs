//! Placeholders in assertions: the variables of a data set's row, and its `{{expected}}`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{AssertionBody, NOT, body::MAX_ASSERTIONS, parse::parse};

/// What a row says the answer should be.
const EXPECTED: &str = "expected";

/// The most bytes that a row's assertions may come to. A short text can name a long value very often,
/// so this is looked at before anything is filled in.
const MAX_FILLED: usize = 1024 * 1024;

/// Fills in what belongs to one row.
pub struct Filler {
    values: BTreeMap<String, String>,
}

impl Filler {
    pub fn new(variables: &BTreeMap<String, String>, expected: Option<&str>) -> Self {
        let mut values = variables.clone();
        if let Some(expected) = expected {
            values.insert(EXPECTED.to_owned(), expected.to_owned());
        }
        Self { values }
    }

    /// The assertions of this row.
    ///
    /// # Errors
    /// Everything that is wrong with them: field, and what.
    pub fn fill(
        &self,
        assertions: &[AssertionBody],
    ) -> Result<Vec<AssertionBody>, Vec<(String, String)>> {
        let mut problems = Vec::new();
        let mut filled = Vec::with_capacity(assertions.len().min(MAX_ASSERTIONS));
        let mut left = MAX_FILLED;
        for (i, assertion) in assertions.iter().enumerate() {
            let mut missing = Vec::new();
            let mut too_long = false;
            let is_pattern = assertion.kind.trim_start_matches(NOT) == "regex";
            let body = assertion.with_texts(|template| {
                match self.render(template, is_pattern, &mut left) {
                    Ok(text) => return text,
                    Err(Unfilled::Missing(names)) => missing.extend(names),
                    Err(Unfilled::TooLong) => too_long = true,
                }
                String::new()
            });
            let name = |field: &str| format!("assertions[{i}].{field}");
            if !missing.is_empty() {
                let names = missing.join(", ");
                problems.push((name("value"), format!("there is no value for {names}")));
            } else if too_long {
                let what = format!("filled in, the row's assertions are over {MAX_FILLED} bytes");
                problems.push((name("value"), what));
            } else if body != *assertion
                // What was filled into a pattern is escaped: it is one still, and not compiled for each row.
                && !is_pattern
                && let Err(wrong) = parse(&body)
            {
                problems.extend(wrong.into_iter().map(|p| (name(p.field), p.what)));
            }
            filled.push(body);
        }
        if problems.is_empty() { Ok(filled) } else { Err(problems) }
    }

    /// Takes what it comes to off what is left.
    fn render(
        &self,
        template: &str,
        is_pattern: bool,
        left: &mut usize,
    ) -> Result<String, Unfilled> {
        let used = template::variables(template).into_iter();
        let used = used.filter_map(|name| self.values.get_key_value(&name));
        let values = used.map(|(name, value)| match is_pattern {
            true => (name.clone(), regex::escape(value)),
            false => (name.clone(), value.clone()),
        });
        let values = values.collect();
        *left =
            left.checked_sub(template::rendered_len(template, &values)).ok_or(Unfilled::TooLong)?;
        // Values without a use have just been left out.
        template::render(template, &values)
            .map_err(|error| Unfilled::Missing(error.missing.into_iter().collect()))
    }
}

/// Why a text cannot be filled in.
enum Unfilled {
    Missing(Vec<String>),
    TooLong,
}

/// What a row is asked when nobody said what: that the answer is the expected one.
///
/// # Errors
/// What is wrong with it.
pub fn of_expectation(expected: &str) -> Result<AssertionBody, Vec<(String, String)>> {
    let body = AssertionBody {
        kind: "equals".to_owned(),
        value: Some(Value::String(expected.to_owned())),
        threshold: None,
        weight: None,
        trim: Some(true),
    };
    match parse(&body) {
        Ok(_) => Ok(body),
        Err(wrong) => Err(wrong.into_iter().map(|p| (EXPECTED.to_owned(), p.what)).collect()),
    }
}

impl AssertionBody {
    /// The placeholders' names; a row without one of them cannot be graded.
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.with_texts(|text| {
            names.extend(template::variables(text));
            String::new()
        });
        names
    }

    /// About how many bytes it is kept in.
    pub fn size(&self) -> usize {
        64 + self.value.as_ref().map_or(0, |value| value.to_string().len())
    }

    pub(super) fn with_any_values(&self) -> Self {
        self.with_texts(|text| {
            let names = template::variables(text).into_iter();
            let any = names.map(|name| (name, "x".to_owned())).collect();
            template::render(text, &any).unwrap_or_default()
        })
    }

    /// With every text of its value put through `change`. A pattern's placeholders stand for text to
    /// be found as it is. A schema has no placeholders: it is the same for all rows.
    fn with_texts(&self, mut change: impl FnMut(&str) -> String) -> Self {
        let value = match self.kind.trim_start_matches(NOT) {
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
