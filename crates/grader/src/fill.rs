//! Placeholders in assertions: the variables of a data set's row, and its `{{expected}}`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{assertion::Assertion, parse::parse};

/// The placeholder for the answer that a row expects.
const EXPECTED: &str = "expected";

/// The most bytes of a row's assertions. A short text can name a long value very often, so the bytes are
/// counted before anything is filled in.
const MAX_FILLED: usize = 1024 * 1024;

/// Fills one row's values into assertions.
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

    /// Returns the assertions of this row.
    ///
    /// # Errors
    /// Everything that is wrong with them: field, and problem.
    pub fn fill(&self, assertions: &[Assertion]) -> Result<Vec<Assertion>, Vec<(String, String)>> {
        let mut problems = Vec::new();
        let mut filled = Vec::with_capacity(assertions.len());
        let mut left = MAX_FILLED;
        for (i, template) in assertions.iter().enumerate() {
            let mut missing = Vec::new();
            let mut too_long = false;
            let is_pattern = template.plain_kind() == "regex";
            let assertion = template.with_texts(|text| {
                match self.render(text, is_pattern, &mut left) {
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
            } else if assertion != *template
                // What was filled into a pattern is escaped: it is one still, and not compiled for each row.
                && !is_pattern
                && let Err(wrong) = parse(&assertion)
            {
                problems.extend(wrong.into_iter().map(|p| (name(p.field), p.what)));
            }
            filled.push(assertion);
        }
        if problems.is_empty() { Ok(filled) } else { Err(problems) }
    }

    /// Fills in one text, and subtracts its length from `left`, in bytes.
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

/// Makes the assertion of a row in a run without assertions: the answer equals the expected one.
///
/// # Errors
/// Everything that is wrong with the expected answer: field, and problem.
pub fn equals_expected(expected: &str) -> Result<Assertion, Vec<(String, String)>> {
    let assertion = Assertion {
        kind: "equals".to_owned(),
        value: Some(Value::String(expected.to_owned())),
        threshold: None,
        weight: None,
        trim: Some(true),
    };
    match parse(&assertion) {
        Ok(_) => Ok(assertion),
        Err(wrong) => Err(wrong.into_iter().map(|p| (EXPECTED.to_owned(), p.what)).collect()),
    }
}
