//! `${Name}` and `${Name:default}`, as prompts of others mark what is to be filled in, to this
//! platform's `{{Name}}` and `{{Name:default}}`.

/// Converts every such placeholder and leaves all else as it is, also what looks alike: code in
/// prompts has its own `$` and braces, and shells write `${var:-default}` and `${var//a/b}`.
pub fn convert(text: &str) -> String {
    let mut converted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        converted.push_str(before);
        match placeholder(&from[2..]) {
            Some(inner) => {
                converted.push_str("{{");
                converted.push_str(inner);
                converted.push_str("}}");
                // Past `${`, what is inside, and `}`.
                rest = &from[2 + inner.len() + 1..];
            }
            None => {
                converted.push_str("${");
                rest = &from[2..];
            }
        }
    }
    converted.push_str(rest);
    converted
}

/// What is before the closing brace, if it is a name, or a name and a default.
fn placeholder(text: &str) -> Option<&str> {
    let end = text.find(['{', '}'])?;
    let inner = &text[..end];
    if !text[end..].starts_with('}') || inner.contains('$') {
        return None;
    }
    let (name, default) = match inner.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let shell_default = default.is_some_and(|default| default.starts_with(['-', '=', '?', '+']));
    (is_name(name) && !shell_default).then_some(inner)
}

/// Names are words of any language; these characters make an expression of a shell or of
/// JavaScript instead.
fn is_name(name: &str) -> bool {
    const EXPRESSION: &str = "#%@[]*=<>|\\`\"!;";
    !name.trim().is_empty()
        && !name.contains("//")
        && !name.chars().any(|c| c.is_control() || EXPRESSION.contains(c))
}

#[cfg(test)]
mod tests {
    use super::convert;

    #[test]
    fn names_and_defaults_are_converted() {
        for (from, to) in [
            (
                "for the ${Position:Software Developer} role",
                "for the {{Position:Software Developer}} role",
            ),
            ("${a}${b:}", "{{a}}{{b:}}"),
            ("${points clés} et ${名前:太郎} 🎉", "{{points clés}} et {{名前:太郎}} 🎉"),
            ("${Brand's core product:a, b}", "{{Brand's core product:a, b}}"),
            ("${Ratio: 16:9 | 4:3}", "{{Ratio: 16:9 | 4:3}}"),
            ("${Company/Industry}\n${next}", "{{Company/Industry}}\n{{next}}"),
            // Only the inner one is complete.
            ("${${what:ever}}", "${{{what:ever}}}"),
        ] {
            assert_eq!(convert(from), to);
        }
    }

    #[test]
    fn all_else_is_left_as_it_is() {
        for text in [
            "",
            "costs $5 or {5}",
            "$name {name} {{name}} $ {",
            "${",
            "${}",
            "${ }",
            "${open",
            "${a{b}}",
            "use ${var:-default} and ${var//pattern/replacement}",
            "${#array[@]} ${items[0]} ${path%.*}",
            "${broken\nname}",
        ] {
            assert_eq!(convert(text), text);
        }
    }
}
