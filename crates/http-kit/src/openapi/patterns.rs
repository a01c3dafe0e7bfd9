//! Patterns that several fields share. An attribute takes a literal only, so a field names its pattern,
//! as in `#[schema(pattern = "one-line")]`.

use serde_json::Value;

/// Control characters, line breaks, and characters that turn the direction of text.
macro_rules! controls {
    () => {
        r"\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069"
    };
}

/// The control characters that a text of several lines must not have.
macro_rules! controls_in_lines {
    () => {
        r"\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F"
    };
}

/// White space, and characters that show nothing by themselves; [`crate::text::has_visible`] knows more.
macro_rules! invisible {
    () => {
        concat!(
            r"\s\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2060-\u206F",
            r"\u2800\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFC"
        )
    };
}

/// Names and their ECMA-262 patterns. Those of texts accept what the rules of [`crate::text`] accept.
const PATTERNS: [(&str, &str); 6] = [
    ("one-line", concat!("^[^", controls!(), "]*$")),
    (
        "visible-line",
        concat!("^[^", controls!(), "]*[^", controls!(), invisible!(), "][^", controls!(), "]*$"),
    ),
    ("several-lines", concat!("^[^", controls_in_lines!(), "]*$")),
    (
        "visible-lines",
        concat!(
            "^[^",
            controls_in_lines!(),
            "]*[^",
            controls!(),
            invisible!(),
            "][^",
            controls_in_lines!(),
            "]*$"
        ),
    ),
    ("visible", concat!("[^", controls!(), invisible!(), "]")),
    // `*`, or a list of entity tags (RFC 9110, 13.1.1).
    ("if-match", r#"^(\*|(W/)?"[ !#-~]*"( *, *(W/)?"[ !#-~]*")*)$"#),
];

/// Puts patterns in place of their names.
pub fn resolve(api: &mut Value) {
    match api {
        Value::Object(map) => {
            for (key, value) in map {
                let named = value.as_str().filter(|_| key == "pattern");
                let pattern = named.and_then(|name| PATTERNS.iter().find(|(it, _)| *it == name));
                match pattern {
                    Some((_, pattern)) => *value = Value::from(*pattern),
                    None => resolve(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(resolve),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_becomes_its_pattern_wherever_it_stands() {
        let mut api = json!({"a": [{"pattern": "if-match"}], "pattern": "^x$", "b": "visible"});
        resolve(&mut api);
        assert!(api["a"][0]["pattern"].as_str().is_some_and(|it| it.starts_with("^(")));
        assert_eq!((&api["pattern"], &api["b"]), (&json!("^x$"), &json!("visible")));
    }
}
