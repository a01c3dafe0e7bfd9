//! Finds every bad field of a JSON body, where serde stops at the first.

use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};
use serde_path_to_error::{Path as ErrorPath, Segment};

use super::{validate, wording};
use crate::problem::FieldErrors;

/// The bytes that may be read again, as a multiple of the body's length.
const READ_AGAIN: usize = 4;

/// The bytes that may be read again of any body, so that small ones show all their faults.
const READ_AGAIN_BYTES: usize = 128 * 1024;

/// The least bytes that a reading counts for, since each has a fixed cost.
const LEAST_BYTES: usize = 512;

/// The most bad fields that are looked for: a few bad elements of a list show what is wrong.
const MAX_ERRORS: usize = 32;

/// Reads `body`, which has `length` bytes as text, and notes every bad field: replaces each by a value
/// that the type accepts, and reads again, until the rest was read too. Returns `None` when that
/// fails. The work is linear in `length`, whatever is wrong with the body.
pub fn collect<T: DeserializeOwned + Validate<Context = ()>>(
    mut body: Value,
    length: usize,
    errors: &mut FieldErrors,
) -> Option<T> {
    let length = length.max(LEAST_BYTES);
    let mut budget = (length * READ_AGAIN).max(READ_AGAIN_BYTES);
    let mut tried: Option<StandIns> = None;
    loop {
        let (pointer, problem) = match read::<T>(&body) {
            Ok(value) => {
                let mut rules = FieldErrors::new();
                validate(&value, &mut rules);
                for (field, problems) in rules {
                    // A replaced field holds nothing that the client sent.
                    errors.entry(field).or_insert(problems);
                }
                return Some(value);
            }
            Err(bad) => bad,
        };
        if tried.as_ref().is_none_or(|tried| tried.pointer != pointer) {
            // When the budget no longer covers another reading, the next one counts as bad.
            if let Some(whole) = whole_number(&body, &pointer, &problem)
                && let Some(left) = budget.checked_sub(length)
            {
                budget = left;
                set(&mut body, &pointer, whole);
                continue;
            }
            errors.entry(field_name(&pointer)).or_default().push(wording::plain(&problem));
            if errors.len() >= MAX_ERRORS {
                return None;
            }
            tried = None;
        }
        let stand_ins =
            tried.get_or_insert(StandIns { pointer, next: 0, variant: None, guessed: false });
        let value = stand_ins.next(&problem)?;
        set(&mut body, &stand_ins.pointer, value);
        budget = budget.checked_sub(length)?;
    }
}

/// The values that are tried in place of a bad one.
struct StandIns {
    pointer: Pointer,
    next: usize,
    variant: Option<String>,
    /// Whether a value of the kind that serde expected was tried, which mostly fits.
    guessed: bool,
}

/// Values of which one fits almost any field; `null` first, since it fits every optional one.
const STAND_INS: [&str; 8] = [
    "null",
    r#""""#,
    "0",
    "false",
    "[]",
    "{}",
    r#""00000000-0000-0000-0000-000000000000""#,
    r#""1970-01-01T00:00:00Z""#,
];

impl StandIns {
    /// Returns the next value to try, after the one before caused `problem`.
    fn next(&mut self, problem: &str) -> Option<Value> {
        // Any variant of the enum will do, and serde lists them.
        if self.variant.is_none()
            && let Some((_, names)) = problem
                .strip_prefix("unknown variant ")
                .and_then(|rest| rest.rsplit_once(", expected "))
        {
            let variant = names.split('`').nth(1)?;
            return Some(self.variant.insert(variant.to_owned()).as_str().into());
        }
        if !std::mem::replace(&mut self.guessed, true)
            && let Some(value) = of_expected_kind(problem)
        {
            return Some(value);
        }
        let text = STAND_INS.get(self.next)?;
        self.next += 1;
        serde_json::from_str(text).ok()
    }
}

/// Returns a value of the kind that `problem` says was expected.
fn of_expected_kind(problem: &str) -> Option<Value> {
    let (_, kind) = problem.rsplit_once(", expected ")?;
    let text = match kind.split(" at line ").next()? {
        "a string" => r#""""#,
        "a boolean" => "false",
        "a sequence" => "[]",
        "a map" => "{}",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "f32" | "f64" => "0",
        _ => return None,
    };
    serde_json::from_str(text).ok()
}

/// Returns `1` for a `1.0` given for a whole number: JSON does not distinguish them.
fn whole_number(body: &Value, pointer: &[String], problem: &str) -> Option<Value> {
    /// The largest float below which every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !problem.starts_with("invalid type: floating point") {
        return None;
    }
    let number = get(body, pointer)?.as_f64()?;
    (number.fract() == 0.0 && number.abs() <= EXACT)
        .then(|| Value::Number(Number::from(number as i64)))
}

type Pointer = Vec<String>;

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, (Pointer, String)> {
    serde_path_to_error::deserialize::<_, T>(body).map_err(|error| {
        let mut pointer = pointer(error.path());
        let message = error.inner().to_string();
        match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(missing) => {
                pointer.push(missing.to_owned());
                (pointer, "is required".to_owned())
            }
            None => (pointer, message),
        }
    })
}

fn pointer(path: &ErrorPath) -> Pointer {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn get<'v>(body: &'v Value, pointer: &[String]) -> Option<&'v Value> {
    pointer.iter().try_fold(body, |value, part| match value {
        Value::Object(map) => map.get(part),
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

fn set(body: &mut Value, pointer: &[String], new: Value) {
    match pointer {
        [] => *body = new,
        [head, rest @ ..] => match body {
            Value::Object(map) => set(map.entry(head.clone()).or_insert(Value::Null), rest, new),
            Value::Array(list) => {
                if let Some(item) = head.parse::<usize>().ok().and_then(|i| list.get_mut(i)) {
                    set(item, rest, new);
                }
            }
            _ => {}
        },
    }
}

/// Formats a field name as the rules do: `targets[0].modelName`.
fn field_name(pointer: &[String]) -> String {
    let mut name = String::new();
    for part in pointer {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            name.push_str(&format!("[{part}]"));
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(part);
        }
    }
    if name.is_empty() { "body".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::BTreeMap};

    use serde::{Deserialize, Deserializer};

    use super::*;

    thread_local! {
        static VALUES_READ: Cell<usize> = const { Cell::new(0) };
    }

    /// A text that counts how often one was read.
    #[derive(Debug)]
    struct Counted;

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            VALUES_READ.set(VALUES_READ.get() + 1);
            String::deserialize(deserializer).map(|_| Self)
        }
    }

    #[derive(Debug, Deserialize, Validate)]
    #[expect(dead_code, reason = "only read by serde and the rules")]
    struct Render {
        #[garde(skip)]
        variables: BTreeMap<String, Counted>,
    }

    #[test]
    fn a_body_that_is_wrong_in_many_places_is_read_a_few_times_only() {
        let good = (0..20_000).map(|n| format!(r#""a{n}":"""#));
        let bad = (0..70).map(|n| format!(r#""z{n}":1"#));
        let text =
            format!(r#"{{"variables":{{{}}}}}"#, good.chain(bad).collect::<Vec<_>>().join(","));
        let mut errors = FieldErrors::new();
        VALUES_READ.set(0);
        assert!(collect::<Render>(text.parse().unwrap(), text.len(), &mut errors).is_none());
        assert!(errors.contains_key("variables.z0"), "{errors:?}");
        let times = VALUES_READ.get() / 20_000;
        assert!(times <= READ_AGAIN + 1, "it was read {times} times");
    }

    #[test]
    fn a_small_body_shows_all_its_faults() {
        let text = r#"{"variables":{"a":1,"b":"","c":[],"d":null,"e":true,"f":{"x":1},"g":2.5}}"#;
        let mut errors = FieldErrors::new();
        collect::<Render>(text.parse().unwrap(), text.len(), &mut errors);
        let fields: Vec<&str> = errors.keys().map(String::as_str).collect();
        assert_eq!(fields, ["a", "c", "d", "e", "f", "g"].map(|name| format!("variables.{name}")));
    }
}
