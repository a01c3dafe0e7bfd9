//! Tests of placeholders in assertions, and of the bounds of a list.

use std::collections::BTreeMap;

use garde::Validate;
use serde_json::{Value, json};

use super::assertion;
use crate::{AssertionList, AssertionTemplate, Filler};

#[test]
fn placeholders_stand_for_a_row_s_variables_and_what_it_expects() {
    let variables = BTreeMap::from([("name".to_owned(), "A.da".to_owned())]);
    let filler = Filler::new(&variables, Some("Hello, A.da"));
    let filled = filler
        .fill(&[
            assertion(&json!({"type": "equals", "value": "{{expected}}!"})),
            assertion(&json!({"type": "contains-any", "value": ["{{name}}", "you"]})),
            assertion(&json!({"type": "regex", "value": "^{{name}}.$"})),
            assertion(&json!({"type": "equals", "value": {"who": ["{{name}}"]}})),
            assertion(&json!({"type": "json-schema", "value": {"const": "{{name}}"}})),
        ])
        .unwrap();
    let values: Vec<_> = filled.into_iter().map(|assertion| assertion.value.unwrap()).collect();
    assert_eq!(
        json!(values),
        json!([
            "Hello, A.da!",
            ["A.da", "you"],
            r"^A\.da.$",
            {"who": ["A.da"]},
            {"const": "{{name}}"},
        ])
    );
}

#[test]
fn a_row_that_gives_no_value_or_a_bad_one_is_told() {
    let variables = BTreeMap::from([("empty".to_owned(), String::new())]);
    let problems = Filler::new(&variables, None)
        .fill(&[
            assertion(&json!({"type": "contains", "value": "{{expected}} {{name}}"})),
            assertion(&json!({"type": "contains", "value": "{{empty}}"})),
        ])
        .unwrap_err();
    assert_eq!(
        problems,
        [
            ("assertions[0].value".to_owned(), "there is no value for expected, name".to_owned()),
            ("assertions[1].value".to_owned(), "must not be empty".to_owned()),
        ]
    );
}

#[test]
fn a_text_with_placeholders_is_checked_as_if_they_were_filled_in() {
    let taken = |value: &str| {
        AssertionTemplate(assertion(&json!({"type": "regex", "value": value}))).validate().is_ok()
    };
    assert!(taken("^{{name}}$"));
    assert!(taken(r"\d{2}"));
    assert!(!taken("({{name}}"));
}

fn excess(assertions: Vec<Value>) -> Option<String> {
    let list = AssertionList(assertions.iter().map(assertion).collect::<Vec<_>>());
    list.validate().err().map(|report| report.to_string())
}

#[test]
fn all_patterns_and_all_schemas_of_a_test_are_bounded_together() {
    let patterns = |count| vec![json!({"type": "regex", "value": "a".repeat(1_000)}); count];
    assert_eq!(excess(patterns(20)), None);
    assert!(excess(patterns(21)).unwrap().contains("characters of patterns"));
    let schema = json!({"type": "is-json", "value": {"description": "x".repeat(60_000)}});
    assert_eq!(excess(vec![schema.clone(); 2]), None);
    assert!(excess(vec![schema; 3]).unwrap().contains("bytes of schemas"));
}
