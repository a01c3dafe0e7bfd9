//! Patterns that several fields share. An attribute takes a literal only, so a field names its pattern:
//! `#[schema(pattern = "one-line")]`.

use serde_json::Value;

/// Control characters, line breaks, and what turns the direction of text.
macro_rules! controls {
    () => {
        r"\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069"
    };
}

/// Names and ECMA-262 patterns. Those of texts allow what the rules of [`crate::text`] allow.
const PATTERNS: [(&str, &str); 5] = [
    ("one-line", concat!("^[^", controls!(), "]*$")),
    (
        "visible-line",
        concat!("^[^", controls!(), "]*[^\\s", controls!(), "][^", controls!(), "]*$"),
    ),
    ("several-lines", r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$"),
    ("visible", r"\S"),
    // `*`, or a list of entity tags (RFC 9110, 13.1.1).
    ("if-match", r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#),
];

/// Puts patterns in the place of their names.
pub fn spell_out(api: &mut Value) {
    match api {
        Value::Object(map) => {
            for (key, value) in map {
                let named = value.as_str().filter(|_| key == "pattern");
                let pattern = named.and_then(|name| PATTERNS.iter().find(|(it, _)| *it == name));
                match pattern {
                    Some((_, pattern)) => *value = Value::from(*pattern),
                    None => spell_out(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(spell_out),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_becomes_its_pattern_wherever_it_stands() {
        let mut api = json!({"a": [{"pattern": "visible"}], "pattern": "^x$", "b": "visible"});
        spell_out(&mut api);
        assert_eq!(api, json!({"a": [{"pattern": r"\S"}], "pattern": "^x$", "b": "visible"}));
    }
}
