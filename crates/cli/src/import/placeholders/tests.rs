//! Tests of finding placeholders in imported texts.

use std::collections::BTreeMap;

use super::*;

fn content(text: &str) -> String {
    convert(text, Markup::Dollar).content
}

/// Values for what has no default: the name in `<>`.
fn values(template: &str) -> BTreeMap<String, String> {
    let missing = template::render(template, &BTreeMap::new()).err().unwrap_or_default().missing;
    missing.into_iter().map(|name| (name.clone(), format!("<{name}>"))).collect()
}

fn filled_in(template: &str) -> String {
    template::render(template, &values(template)).unwrap()
}

/// Holds a converted text against its source: filled in, it says the same.
#[track_caller]
pub fn assert_kept(source: &str, template: &str) {
    let pieces = pieces(source);
    let (names, values) = (names(&pieces), values(template));
    let expected = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => *text,
        Piece::Placeholder(placeholder) => match values.get(&names[placeholder.name]) {
            Some(value) => value,
            None => placeholder.default.unwrap().trim(),
        },
    });
    assert_eq!(filled_in(template), expected.collect::<String>());
}

#[test]
fn names_and_defaults_are_converted() {
    for (from, to) in [
        (
            "for the ${Position:Software Developer} role",
            "for the {{Position:Software Developer}} role",
        ),
        ("${a}${b:}", "{{a}}{{b:}}"),
        ("${points clés} et ${名前:太郎} 🎉", "{{points clés}} et {{名前:太郎}} 🎉"),
        ("${Ratio: 16:9 | 4:3}", "{{Ratio:16:9 | 4:3}}"),
        ("${ Ship }", "{{Ship}}"),
        // Only the inner one is complete.
        ("${${what:ever}}", "${{{what:ever}}}"),
        // Where a default is code elsewhere.
        (
            "(${level:beginner}) size=${size:2}px ?q=${q}",
            r"({{level:\beginner}}) size={{size:\2}}px ?q={{q}}",
        ),
        (r"C:\${dir}\${file:a}", r"C:\\{{dir}}\\{{file:a}}"),
    ] {
        assert_eq!(content(from), to);
        assert_eq!(convert(from, Markup::Dollar).changes, []);
    }
}

#[test]
fn a_name_that_cannot_be_one_becomes_one_and_that_is_said() {
    let renamed = |from: &str, to: &str| Change::Renamed { from: from.into(), to: to.into() };
    let text = "${Brand's core product:a, b} ${Company/Industry} ${Company/Industry:x} ${Company Industry}";
    let converted = convert(text, Markup::Dollar);
    assert_eq!(
        converted.content,
        "{{Brands core product:a, b}} {{Company Industry 2}} {{Company Industry 2:x}} {{Company Industry}}"
    );
    assert_eq!(
        converted.changes,
        [
            renamed("Brand's core product", "Brands core product"),
            renamed("Company/Industry", "Company Industry 2")
        ]
    );
    let long = convert(&format!("${{{}}}", "word, ".repeat(40)), Markup::Dollar);
    assert!(matches!(&long.changes[..], [Change::Renamed { to, .. }] if to.len() <= 100));
}

#[test]
fn what_would_be_a_placeholder_here_and_is_none_there_is_escaped_and_that_is_said() {
    let text =
        r#"${a} {{HOME}}/{{ name : x }} \{{y}} <p style={{ color: "red" }}> {{#if b}} {{{c}}}"#;
    let converted = convert(text, Markup::Dollar);
    assert_eq!(
        converted.content,
        r#"{{a}} \{{HOME}}/\{{ name : x }} \\\{{y}} <p style={{ color: "red" }}> {{#if b}} {\{{c}}}"#
    );
    let escaped: Vec<_> = ["HOME", "c", "name"].map(|name| Change::Escaped(name.into())).into();
    assert_eq!(converted.changes, escaped);
    assert_eq!(template::variables(&converted.content), ["a"]);
    assert_eq!(filled_in(&converted.content), text.replace("${a}", "<a>"));
}

#[test]
fn all_else_is_left_as_it_is() {
    for text in [
        "",
        "costs $5 or {5}",
        "$name {name} $ {",
        "${",
        "${}",
        "${ }",
        "${open",
        "${a{b}}",
        "use ${var} as ${var:-default} and ${var//pattern/replacement}",
        "${#array[@]} ${items[0]} ${path%.*}",
        "${broken\nname} ${broken:de\nfault}",
        "${count + 1} ${format(date)} ${a && b}",
        r#"{{"name": "x"}} a\b"#,
    ] {
        assert_eq!(
            convert(text, Markup::Dollar),
            Converted { content: text.into(), changes: vec![] }
        );
    }
}

#[test]
fn a_file_that_marks_nothing_with_dollars_means_its_double_braces() {
    let of = |texts: &[&str]| Markup::detect(texts.iter().copied());
    assert_eq!(of(&["{{a}}", "b", "$5 ${x:-1}"]), Markup::DoubleBraces);
    assert_eq!(of(&["{{a}}", "b ${c}"]), Markup::Dollar);
    let text = r"{{a}} \{{b}} ${c}";
    assert_eq!(convert(text, Markup::DoubleBraces).content, text);
}
