//! Tests of the grammar of placeholders.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn values<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[track_caller]
fn renders<const N: usize>(template: &str, pairs: [(&str, &str); N], expected: &str) {
    let values = values(pairs);
    assert_eq!(render(template, &values).unwrap(), expected, "{template}");
    assert_eq!(rendered_len(template, &values), expected.len(), "{template}");
}

#[test]
fn variables_come_once_each_in_order_of_first_use() {
    let template = "{{ b }} and {{a:x}}, {{b:again}}, {{Ваше имя}}, {{商品名称}}";
    assert_eq!(variables(template), ["b", "a", "Ваше имя", "商品名称"]);
    assert!(variables("no {placeholders} here").is_empty());
}

#[test]
fn defaults_are_the_first_of_each_name() {
    let found = defaults("{{a}} {{b:one}} {{a: two }} {{b:three}} {{c:}} ={{d:code}} \\{{e:x}}");
    assert_eq!(found, values([("a", "two"), ("b", "one"), ("c", "")]));
}

#[test]
fn values_win_over_defaults_and_defaults_over_nothing() {
    renders("Hi {{name}}!", [("name", "Ada")], "Hi Ada!");
    renders("Hi {{ name : dear friend }}!", [], "Hi dear friend!");
    renders("Hi {{name:you}}!", [("name", "Ada")], "Hi Ada!");
    renders("Hi {{name:}}!", [], "Hi !");
    renders("Hi {{name}}!", [("name", "")], "Hi !");
    renders("{{ratio: 16:9 | 4:3}}", [], "16:9 | 4:3");
    renders("{{when: {date} at {time} }}!", [], "{date} at {time}!");
    renders(r#"{{json:{"a": {"b": 1}}}}"#, [("json", "{}")], "{}");
    renders(r"{{path:\home}}", [], r"\home");
}

#[test]
fn every_missing_and_every_unknown_name_is_told() {
    let unresolved = render("{{b}} {{a}} {{c:d}}", &values([("x", "1"), ("c", "2"), ("y", "3")]));
    let unresolved = unresolved.unwrap_err();
    assert_eq!(unresolved.missing, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    assert_eq!(unresolved.unknown, BTreeSet::from(["x".to_owned(), "y".to_owned()]));
}

#[test]
fn a_default_serves_only_the_place_it_stands_in() {
    assert!(render("{{a:x}} {{a}}", &values([])).unwrap_err().missing.contains("a"));
}

#[test]
fn escapes_give_literal_braces() {
    renders(r"\{{name}}", [], "{{name}}");
    renders(r"\\{{name}}", [("name", "x")], r"\x");
    renders(r"\\\{{name}}", [], r"\{{name}}");
    renders(r"a\b \\ \{{{{n}}", [("n", "x")], r"a\b \\ {{x");
    assert!(variables(r"\{{name}} \\\{{other}}").is_empty());
}

#[test]
fn braces_that_make_no_placeholder_are_plain_text() {
    for text in [
        "{",
        "{{",
        "}}",
        "{{}}",
        "{{ }}",
        "{{ :x}}",
        "{{a",
        "{{a:b",
        "{{a}",
        "{{a\nb}}",
        "{{note:two\nlines}}",
        "{{a:b\r}}",
        "{{a:b\u{2028}c}}",
        "{{a:}b}}",
        "{{a:{b}}",
        r#"{{"name": "x"}}"#,
        "{{user's name}}",
        "{{#if a}}",
        "{{ $json['a'] }}",
        "{{two  spaces}}",
        "{{a\tb}}",
        "{{...}}",
        "{{🎉}}",
        "{{\n  \"a\": 1\n}}",
    ] {
        renders(text, [], text);
        assert!(variables(text).is_empty(), "{text}");
    }
    renders("{{{n}}}", [("n", "x")], "{x}");
    renders("{{ a {{n}} }}", [("n", "x")], "{{ a x }}");
    renders("{{a:{{n}}}}", [("n", "x")], "{{a:x}}");
}

#[test]
fn a_default_directly_after_an_equals_sign_or_a_parenthesis_is_code() {
    for text in [r#"<div style={{ color: "red" }}>"#, "f({{a:1}})", "={{a:}}"] {
        renders(text, [], text);
        assert!(variables(text).is_empty(), "{text}");
    }
    renders("?q={{topic}}", [("topic", "x")], "?q=x");
    renders("({{topic}})", [("topic", "x")], "(x)");
    renders("= {{topic:x}}, ( {{topic:x}} )", [], "= x, ( x )");
    renders("{{a}}{{b:c}}", [("a", "=")], "=c");
    renders(r"?q={{topic:\cats}} ({{a: \\x }}) ({{b:\}})", [], r"?q=cats (\x) ()");
}

#[test]
fn a_value_is_not_searched_for_placeholders() {
    renders("{{a}}", [("a", r"{{b}} \{{c}}")], r"{{b}} \{{c}}");
}

#[test]
fn hostile_text_takes_linear_time() {
    let started = Instant::now();
    for unit in [
        "{", "{{", "{{a", "{{a:", "{{a:b", r"\", r"\{{", "{{a:}", "{{a:{b", "${a:", "{{a:\n",
        "{{{a:{b}",
    ] {
        let text = unit.repeat(300_000 / unit.len());
        assert!(variables(&text).is_empty(), "{unit}");
        assert!(literals(&text).len() <= MAX_LITERALS, "{unit}");
        assert!(
            literals(&(text.clone() + &"}".repeat(text.len()))).len() <= MAX_LITERALS,
            "{unit}"
        );
        let mut writer = Writer::default();
        writer.text(&text);
        assert!(writer.finish().len() <= 2 * text.len(), "{unit}");
    }
    // Quadratic time would be many minutes.
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn what_is_written_reads_as_it_was_meant() {
    let mut writer = Writer::default();
    writer.text(r"{{text}} in C:\");
    assert!(writer.placeholder("dir", None));
    writer.text("} (");
    assert!(writer.placeholder("level", Some(" beginner ")));
    writer.text(r#") \{{{x}} ={{a: 1}}"#);
    for (name, default) in [
        ("user's", None),
        ("a", Some("two\nlines")),
        ("a", Some("}")),
        ("a", Some("{{")),
        ("a", Some("{")),
    ] {
        assert!(!writer.placeholder(name, default), "{name} {default:?}");
    }
    let template = writer.finish();
    let expected = r#"\{{text}} in C:\\{{dir}}} ({{level:\beginner}}) \{\{{x}} ={{a: 1}}"#;
    assert_eq!(template, expected);
    renders(&template, [("dir", "d")], r#"{{text}} in C:\d} (beginner) \{{{x}} ={{a: 1}}"#);
}

/// Text that is nearly always something to a parser of templates.
fn tricky() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{", "{{", "}", "}}", "\\", ":", "=", "(", "a", "b c", "ж", " ", "\n", "$", "${a:b}",
        "{{a}}", "{{a:b}}", "'",
    ]);
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_and_filled_in(text in prop_oneof![any::<String>(), tricky()]) {
        let given: BTreeMap<_, _> = variables(&text).into_iter().map(|name| (name, "v".to_owned())).collect();
        let rendered = render(&text, &given).unwrap();
        prop_assert_eq!(rendered.len(), rendered_len(&text, &given));
        for literal in literals(&text) {
            prop_assert!(text.contains(literal.trim_end_matches('…')));
        }
        if !text.contains("{{") {
            prop_assert_eq!(rendered, text);
        }
    }

    #[test]
    fn what_is_written_is_read_again(pieces in prop::collection::vec((tricky(), prop::option::of(tricky())), 0..6)) {
        let mut writer = Writer::default();
        let (mut expected, mut names) = (String::new(), Vec::new());
        for (text, default) in &pieces {
            writer.text(text);
            expected.push_str(text);
            if writer.placeholder("n", default.as_deref()) {
                expected.push_str(default.as_deref().map_or("v", str::trim));
                names.push("n");
            }
        }
        let template = writer.finish();
        let given: BTreeMap<_, _> = variables(&template).into_iter().map(|name| (name, "v".to_owned())).collect();
        prop_assert_eq!(placeholders(&template).map(|placeholder| placeholder.name).collect::<Vec<_>>(), names);
        let with_defaults = tokens(&template).into_iter().map(|token| match token {
            Token::Text(text) => text,
            Token::Escape { .. } => "",
            Token::Placeholder { placeholder, .. } => placeholder.default.unwrap_or("v"),
        });
        prop_assert_eq!(with_defaults.collect::<String>(), expected);
        prop_assert!(render(&template, &given).is_ok());
    }

    #[test]
    fn every_dollar_literal_becomes_a_placeholder_in_double_braces(text in tricky()) {
        for literal in literals(&text) {
            if let Some(inner) = literal.strip_prefix('$') {
                prop_assert_eq!(variables(&format!("{{{inner}}}")).len(), 1, "{}", literal);
            }
        }
    }
}
