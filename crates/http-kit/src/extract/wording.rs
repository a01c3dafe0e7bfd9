//! Words what is wrong with a value, where libraries word it for programmers.

use std::{borrow::Cow, fmt::Display};

use garde::i18n::{
    DefaultI18n, I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind,
};

use crate::text::truncate;

/// The most characters of a message about one field.
const LONGEST: usize = 200;

/// Words the error of deserialising a value.
pub fn plain(problem: &str) -> String {
    let problem = problem.split(" at line ").next().unwrap_or(problem);
    if let Some(rest) = problem.strip_prefix("unknown variant ") {
        return one_of(rest);
    }
    for prefix in ["invalid type: ", "invalid value: "] {
        if let Some((_, wanted)) =
            problem.strip_prefix(prefix).and_then(|rest| rest.rsplit_once(", expected "))
        {
            return format!("must be {}", kind(wanted));
        }
    }
    if let Some((wanted, _)) =
        problem.strip_prefix("expected ").and_then(|rest| rest.split_once(", got "))
    {
        return format!("must be {wanted}");
    }
    let plain = match problem {
        _ if problem.starts_with("UUID parsing failed") => "must be a UUID",
        _ if problem.starts_with("invalid length") => "has the wrong number of items",
        _ if problem.starts_with("duplicate field") => "is given more than once",
        "cannot parse integer from empty string" | "invalid digit found in string" => {
            "must be a whole number"
        }
        "cannot parse float from empty string" | "invalid float literal" => "must be a number",
        "number too large to fit in target type" => "is too large",
        "number too small to fit in target type" => "is too small",
        "provided string was not `true` or `false`" => "must be true or false",
        "premature end of input"
        | "input contains invalid characters"
        | "input is out of range"
        | "trailing input" => TIME,
        other => return truncate(other, LONGEST).into_owned(),
    };
    plain.to_owned()
}

/// Words that a value does not fit a Rust type.
pub fn of_type(wanted: &str) -> String {
    format!("must be {}", kind(wanted))
}

const TIME: &str = "must be a time in RFC 3339, such as 2026-01-31T12:00:00Z";

/// Returns the JSON name of the kind of value that serde expected.
fn kind(wanted: &str) -> Cow<'_, str> {
    Cow::Borrowed(match wanted {
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "f32" | "f64" => "a number",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "a map" => "an object",
        "a borrowed string" | "string or map" => "a string",
        _ if wanted.starts_with("struct ") || wanted.starts_with("enum ") => "an object",
        _ if wanted.contains("UUID") => "a UUID",
        _ if wanted.contains("RFC 3339") => "a time in RFC 3339, such as 2026-01-31T12:00:00Z",
        other => return truncate(other, LONGEST),
    })
}

/// Words `must be A, B or C` for "`x`, expected one of `A`, `B`, `C`".
fn one_of(rest: &str) -> String {
    let names = rest.rsplit_once(", expected ").map_or("", |(_, names)| names);
    let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
    match names.as_slice() {
        [] => "is not one of the values that can be given".to_owned(),
        [only] => format!("must be {only}"),
        [first @ .., last] => format!("must be {} or {last}", first.join(", ")),
    }
}

/// The messages of garde's rules, in the style of our own.
pub struct Wording;

impl I18n for Wording {
    fn length_lower_than(&self, min: usize) -> Cow<'static, str> {
        match min {
            1 => "must not be empty".into(),
            _ => format!("is too short: it must have at least {min}").into(),
        }
    }

    fn length_greater_than(&self, max: usize) -> Cow<'static, str> {
        format!("is too long: it may have at most {max}").into()
    }

    fn range_lower_than(&self, min: &dyn Display) -> Cow<'static, str> {
        format!("must be at least {min}").into()
    }

    fn range_greater_than(&self, max: &dyn Display) -> Cow<'static, str> {
        format!("must be at most {max}").into()
    }

    fn required_not_set(&self) -> Cow<'static, str> {
        "is required".into()
    }

    fn email_invalid(&self, _: InvalidEmail) -> Cow<'static, str> {
        "is not a valid email address".into()
    }

    fn pattern_no_match(&self, _: &dyn Display) -> Cow<'static, str> {
        "has characters, or an order of them, that are not allowed".into()
    }

    // No type of ours has the rules below.

    fn credit_card_invalid(&self, reason: InvalidCreditCard) -> Cow<'static, str> {
        DefaultI18n.credit_card_invalid(reason)
    }

    fn contains_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        DefaultI18n.contains_missing(pattern)
    }

    fn url_invalid(&self, reason: InvalidUrl) -> Cow<'static, str> {
        DefaultI18n.url_invalid(reason)
    }

    fn prefix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        DefaultI18n.prefix_missing(pattern)
    }

    fn suffix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        DefaultI18n.suffix_missing(pattern)
    }

    fn phone_number_invalid(&self, reason: InvalidPhoneNumber) -> Cow<'static, str> {
        DefaultI18n.phone_number_invalid(reason)
    }

    fn ip_invalid(&self, kind: IpKind) -> Cow<'static, str> {
        DefaultI18n.ip_invalid(kind)
    }

    fn matches_field_mismatch(&self, field: &dyn Display) -> Cow<'static, str> {
        DefaultI18n.matches_field_mismatch(field)
    }

    fn ascii_invalid(&self) -> Cow<'static, str> {
        DefaultI18n.ascii_invalid()
    }

    fn alphanumeric_invalid(&self) -> Cow<'static, str> {
        DefaultI18n.alphanumeric_invalid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libraries_say_is_said_plainly() {
        for (problem, wanted) in [
            ("invalid type: integer `7`, expected a string", "must be a string"),
            ("invalid value: integer `300`, expected u8", "must be a whole number from 0 to 255"),
            (r#"invalid type: string ", expected u8", expected f64"#, "must be a number"),
            ("invalid type: null, expected struct CreatePrompt", "must be an object"),
            ("unknown variant `x`, expected one of `A`, `B`, `C`", "must be A, B or C"),
            ("unknown variant `x`, expected `A` or `B`", "must be A or B"),
            ("unknown variant `expected `q`, expected `A`", "must be A"),
            (
                "UUID parsing failed: invalid character: expected an optional prefix",
                "must be a UUID",
            ),
            ("expected a decimal number, got \"x\" at line 1 column 2", "must be a decimal number"),
            ("invalid digit found in string", "must be a whole number"),
        ] {
            assert_eq!(plain(problem), wanted, "{problem}");
        }
        assert!(plain(&"x".repeat(1_000_000)).len() < 300);
    }
}
