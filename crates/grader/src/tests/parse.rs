//! Tests of what is refused.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::assertion;
use crate::{Assertion, assertion::TYPES, parse::parse};

/// Returns the fields and problems of an assertion that is refused.
fn problems(written: Value) -> Vec<(&'static str, String)> {
    match parse(&assertion(&written)) {
        Ok(_) => panic!("{written} is taken"),
        Err(problems) => problems.into_iter().map(|p| (p.field, p.what)).collect(),
    }
}

fn fields(written: Value) -> Vec<&'static str> {
    problems(written).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn every_bad_field_of_an_assertion_is_named() {
    assert_eq!(fields(json!({"type": "contains"})), ["value"]);
    assert_eq!(fields(json!({"type": "contains", "value": null})), ["value"]);
    assert_eq!(fields(json!({"type": "contains", "value": ""})), ["value"]);
    assert_eq!(fields(json!({"type": "icontains", "value": 3})), ["value"]);
    assert_eq!(fields(json!({"type": "contains", "value": "x".repeat(20_001)})), ["value"]);
    assert_eq!(fields(json!({"type": "contains-any", "value": "a,b"})), ["value"]);
    assert_eq!(fields(json!({"type": "contains-all", "value": []})), ["value"]);
    assert_eq!(fields(json!({"type": "contains-all", "value": ["a", ""]})), ["value"]);
    assert_eq!(fields(json!({"type": "regex", "value": "x".repeat(1_001)})), ["value"]);
    assert_eq!(fields(json!({"type": "regex", "value": "(((x{900}){900}){900})"})), ["value"]);
    assert_eq!(fields(json!({"type": "word-count", "value": "3"})), ["value"]);
    assert_eq!(fields(json!({"type": "word-count", "value": -1})), ["value"]);
    assert_eq!(fields(json!({"type": "word-count", "value": {}})), ["value"]);
    assert_eq!(fields(json!({"type": "word-count", "value": {"min": 3, "max": 2}})), ["value"]);
    assert_eq!(
        fields(json!({"type": "levenshtein", "value": "a", "threshold": 1.5})),
        ["threshold"]
    );
    assert_eq!(
        fields(json!({"type": "levenshtein", "value": "a", "threshold": -1})),
        ["threshold"]
    );
    assert_eq!(fields(json!({"type": "latency"})), ["threshold"]);
    assert_eq!(fields(json!({"type": "not-cost"})), ["threshold"]);
    assert_eq!(fields(json!({"type": "cost", "threshold": 1e300})), ["threshold"]);
    assert_eq!(fields(json!({"type": "cost", "value": 1, "threshold": 1})), ["value"]);
    assert_eq!(fields(json!({"type": "equals", "value": 1, "trim": true})), ["trim"]);
    assert_eq!(
        fields(json!({"type": "contains", "threshold": 1, "weight": 0})),
        ["weight", "threshold", "value"]
    );
    for weight in [-1.0, 0.0, 1_000.1] {
        assert_eq!(fields(json!({"type": "is-json", "weight": weight})), ["weight"]);
    }
    let (_, what) = problems(json!({"type": "regex", "value": "a("})).remove(0);
    assert!(what.contains("unclosed group"), "{what}");
}

#[test]
fn an_unknown_type_lists_the_known_ones() {
    for kind in ["contains-none", "not-not-equals", "Equals", ""] {
        let problems = problems(json!({"type": kind, "threshold": 1}));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].0, "type");
        for known in TYPES {
            assert!(problems[0].1.contains(known), "{known}");
        }
    }
}

#[test]
fn what_is_no_schema_is_refused() {
    for schema in [
        json!("text"),
        json!([]),
        json!({"type": "text"}),
        json!({"type": 7}),
        json!({"properties": []}),
        json!({"pattern": "("}),
        // Look-around takes an engine that can be made to run for ever.
        json!({"pattern": "(?=a)b"}),
        json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
        json!({"description": "x".repeat(70_000)}),
    ] {
        assert_eq!(fields(json!({"type": "json-schema", "value": schema})), ["value"], "{schema}");
    }
    let draft_7 = json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{}]});
    assert!(parse(&assertion(&json!({"type": "is-json", "value": draft_7}))).is_ok());
}

#[test]
fn a_schema_cannot_reach_outside_or_run_without_end() {
    let twice = |next: &str| json!({"allOf": [{"$ref": next}, {"$ref": next}]});
    let mut doubling = json!({"$ref": "#/$defs/d0", "$defs": {"d40": {}}});
    for i in 0..40 {
        doubling["$defs"][format!("d{i}")] = twice(&format!("#/$defs/d{}", i + 1));
    }
    let mut deep = json!({});
    for _ in 0..100 {
        deep = json!({"not": deep});
    }
    let started = Instant::now();
    for schema in [
        json!({"$ref": "#"}),
        json!({"properties": {"child": {"$ref": "#"}}}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"$ref": "file:///etc/passwd"}),
        json!({"$ref": "#/$defs/absent"}),
        json!({"$dynamicRef": "#a"}),
        json!({"$recursiveRef": "#"}),
        json!({"$defs": {"a": {"$id": "https://example.com/a"}}}),
        doubling,
        deep,
    ] {
        assert_eq!(fields(json!({"type": "json-schema", "value": schema})), ["value"], "{schema}");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_schema_is_not_deeper_for_being_known_already_and_has_few_patterns() {
    let deep = |end: Value| (0..40).fold(end, |inner, _| json!({"not": inner}));
    let defs = json!({"a": deep(json!({})), "b": deep(json!({"$ref": "#/$defs/a"}))});
    let apart = json!({"$defs": {"a": defs["a"]}, "$ref": "#/$defs/a"});
    let taken =
        |schema| parse(&assertion(&json!({"type": "json-schema", "value": schema}))).is_ok();
    assert!(taken(apart));
    // "a" is known before "b" leads to it: "$a" is looked at before "$defs".
    let known = json!({"$a": {"$ref": "#/$defs/a"}, "$defs": defs});
    assert!(!taken(known));

    let patterns = |count| {
        let all: Vec<_> = (0..count).map(|i| json!({"pattern": format!("a{i}")})).collect();
        json!({"anyOf": all})
    };
    assert!(taken(patterns(20)));
    assert!(!taken(patterns(21)));
}

#[test]
fn a_pattern_between_slashes_is_refused_with_what_to_write_instead() {
    for (pattern, instead) in
        [("/hello/i", "(?i)hello"), ("/a b/gim", "(?im)a b"), ("/x/g", "x"), ("/a/b/s", "(?s)a/b")]
    {
        for kind in ["regex", "not-regex"] {
            let (field, what) = problems(json!({"type": kind, "value": pattern})).remove(0);
            assert_eq!(field, "value");
            assert!(what.ends_with(&format!("write {instead}")), "{what}");
        }
    }
    for pattern in ["/usr/", "/usr/bin", "a/i", "//i", r"\/x\/i", "/x/I"] {
        assert!(
            parse(&assertion(&json!({"type": "regex", "value": pattern}))).is_ok(),
            "{pattern}"
        );
    }
}

#[test]
fn a_zero_has_no_sign() {
    let unsigned = assertion(&json!({"type": "levenshtein", "value": "a", "threshold": -0.0}));
    assert_eq!(unsigned.threshold.map(f64::to_bits), Some(0));
    assert!(parse(&unsigned).is_ok());
    let infinite = Assertion { threshold: Some(f64::INFINITY), ..unsigned };
    assert_eq!(parse(&infinite).err().unwrap()[0].field, "threshold");
}
