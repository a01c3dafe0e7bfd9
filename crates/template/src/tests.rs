use std::time::{Duration, Instant};

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
fn values_win_over_defaults_and_defaults_over_nothing() {
    renders("Hi {{name}}!", [("name", "Ada")], "Hi Ada!");
    renders("Hi {{ name : dear friend }}!", [], "Hi dear friend!");
    renders("Hi {{name:you}}!", [("name", "Ada")], "Hi Ada!");
    renders("Hi {{name:}}!", [], "Hi !");
    renders("Hi {{name}}!", [("name", "")], "Hi !");
    renders("{{ratio: 16:9 | 4:3}}", [], "16:9 | 4:3");
    renders("{{note:two\nlines}}", [], "two\nlines");
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
    for text in ["{", "{{", "}}", "{{}}", "{{ }}", "{{ :x}}", "{{a", "{{a:b", "{{a}", "{{a\nb}}"] {
        renders(text, [], text);
    }
    renders("{{{n}}}", [("n", "x")], "{x}");
    renders("{{ a {{n}} }}", [("n", "x")], "{{ a x }}");
    renders("{{a:{{n}}}}", [("n", "x")], "{{a:x}}");
}

#[test]
fn a_value_is_not_searched_for_placeholders() {
    renders("{{a}}", [("a", r"{{b}} \{{c}}")], r"{{b}} \{{c}}");
}

#[test]
fn hostile_text_takes_linear_time() {
    let started = Instant::now();
    for unit in ["{", "{{", "{{a", "{{a:", "{{a:b", r"\", r"\{{", "{{a:}", "{{a:{b"] {
        let text = unit.repeat(300_000 / unit.len());
        assert!(variables(&text).is_empty(), "{unit}");
    }
    // Quadratic time would be many minutes.
    assert!(started.elapsed() < Duration::from_secs(30));
}
