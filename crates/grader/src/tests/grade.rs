//! Tests of grading.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::assertion;
use crate::{Grade, GradedText, grade, grade::grade_within, parse::parse};

async fn grade_answer(assertions: Value, text: &str, cost: Option<Decimal>) -> Grade {
    let took = Duration::from_millis(250);
    grade(&assertions, &GradedText { text: text.to_owned(), took, cost })
}

/// Tells whether the answer passes; `None` when that cannot be decided.
async fn passes(written: &Value, text: &str) -> Option<bool> {
    parse(&assertion(written)).map_err(|_| ()).unwrap();
    let cost = Some(Decimal::new(2, 2));
    let grade = grade_answer(json!([written]), text, cost).await;
    assert_eq!(grade.results[0]["error"].is_null(), grade.results[0]["passed"].is_boolean());
    grade.results[0]["passed"].as_bool()
}

#[tokio::test]
async fn each_type_tells_right_from_wrong_and_its_opposite_says_the_opposite() {
    let person = json!({
        "type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"}, "age": {"$ref": "#/$defs/age"}},
        "$defs": {"age": {"type": "integer", "minimum": 0}},
    });
    let cases = [
        (json!({"type": "equals", "value": "Hi"}), "Hi", " Hi"),
        (json!({"type": "equals", "value": " Hi\n", "trim": true}), "Hi  ", "Hi."),
        (
            json!({"type": "equals", "value": {"a": [1, 2.0]}}),
            r#"{"a": [1.0, 2]}"#,
            r#"{"a": [1]}"#,
        ),
        (json!({"type": "equals", "value": 42}), "42", "forty-two"),
        (json!({"type": "contains", "value": "ab"}), "xaby", "xAby"),
        (json!({"type": "icontains", "value": "ПрИвет"}), "о, приВЕТ!", "пока"),
        (json!({"type": "contains-any", "value": ["a", "b"]}), "xxb", "xxc"),
        (json!({"type": "contains-all", "value": ["a", "b"]}), "bxa", "bxx"),
        (json!({"type": "starts-with", "value": "He"}), "Hello", "Oh, Hello"),
        (json!({"type": "regex", "value": r"^\d{4}$"}), "2024", "20245"),
        (json!({"type": "is-json"}), "[1]", "[1"),
        (json!({"type": "is-json", "value": person}), r#"{"name": "Ada"}"#, "{}"),
        (
            json!({"type": "json-schema", "value": person}),
            r#"{"name": "A", "age": 3}"#,
            r#"{"name": "A", "age": -3}"#,
        ),
        (json!({"type": "json-schema", "value": person}), r#"{"name": "A"}"#, "not JSON"),
        (json!({"type": "word-count", "value": 2}), " two\nwords ", "now three words"),
        (json!({"type": "word-count", "value": {"min": 2}}), "a b c", "a"),
        (json!({"type": "word-count", "value": {"min": 1, "max": 2}}), "a b", "a b c"),
        (json!({"type": "levenshtein", "value": "kitten"}), "sitting", "entirely different"),
        (json!({"type": "levenshtein", "value": "kitten", "threshold": 0}), "kitten", "kittens"),
    ];
    for (mut assertion, right, wrong) in cases {
        assert_eq!(passes(&assertion, right).await, Some(true), "{assertion}");
        assert_eq!(passes(&assertion, wrong).await, Some(false), "{assertion}");
        assertion["type"] = json!(format!("not-{}", assertion["type"].as_str().unwrap()));
        assert_eq!(passes(&assertion, right).await, Some(false), "{assertion}");
        assert_eq!(passes(&assertion, wrong).await, Some(true), "{assertion}");
    }
}

#[tokio::test]
async fn time_and_cost_are_held_against_their_thresholds() {
    for (kind, passing, failing) in [("latency", 250.0, 249.0), ("cost", 0.02, 0.0199)] {
        let at = |kind: &str, threshold: f64| json!({"type": kind, "threshold": threshold});
        assert_eq!(passes(&at(kind, passing), "x").await, Some(true));
        assert_eq!(passes(&at(kind, failing), "x").await, Some(false));
        let not = format!("not-{kind}");
        assert_eq!(passes(&at(&not, passing), "x").await, Some(false));
        assert_eq!(passes(&at(&not, failing), "x").await, Some(true));
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_an_error_and_never_a_pass() {
    for kind in ["cost", "not-cost"] {
        let cost = json!([{"type": kind, "threshold": 1}, {"type": "contains", "value": "x"}]);
        let grade = grade_answer(cost, "x", None).await;
        assert_eq!(grade.results[0]["passed"], json!(null));
        assert!(grade.results[0]["error"].as_str().unwrap().contains("no known price"));
        assert_eq!(grade.score, 0.5);
    }
    let long = "x".repeat(10_000);
    for kind in ["levenshtein", "not-levenshtein"] {
        let far = json!({"type": kind, "value": long, "threshold": 0});
        assert_eq!(passes(&far, &long.repeat(10)).await, None);
    }
    for kind in ["regex", "not-regex"] {
        // The larger a pattern, the shorter the text in which it is looked for.
        for (pattern, most) in [("a", 256 * 1024), (r"\w{2}\pL{2}", 64 * 1024)] {
            let assertion = json!({"type": kind, "value": pattern});
            assert!(passes(&assertion, &"b".repeat(most)).await.is_some(), "{pattern}");
            assert_eq!(passes(&assertion, &"b".repeat(most + 1)).await, None, "{pattern}");
        }
    }
    for kept in [json!([{"type": "made-up"}]), json!([{"value": 1}]), json!([7])] {
        let grade = grade_answer(kept, "x", None).await;
        assert_eq!((grade.score, &grade.results[0]["passed"]), (0.0, &json!(null)));
        assert!(grade.results[0]["error"].is_string());
    }
}

#[tokio::test]
async fn what_is_told_can_be_stored_whatever_the_answer_names() {
    let schema = json!({"additionalProperties": false});
    let strict = json!([{"type": "json-schema", "value": schema}]);
    let grade = grade_answer(strict, r#"{"a\u0000b": 1}"#, None).await;
    assert_eq!(grade.results[0]["passed"], false);
    let reason = grade.results[0]["reason"].as_str().unwrap();
    assert!(reason.contains('b') && !reason.contains('\0'), "{reason:?}");
}

#[tokio::test]
async fn the_score_is_the_share_passed_by_weight_and_1_only_when_all_passed() {
    let assertions = json!([
        {"type": "contains", "value": "a", "weight": 3},
        {"type": "contains", "value": "b"},
    ]);
    assert_eq!(grade_answer(assertions.clone(), "ab", None).await.score, 1.0);
    assert_eq!(grade_answer(assertions.clone(), "a", None).await.score, 0.75);
    assert_eq!(grade_answer(assertions.clone(), "b", None).await.score, 0.25);
    let grade = grade_answer(assertions, "-", None).await;
    assert_eq!(grade.score, 0.0);
    assert_eq!(grade.results[0]["weight"], 3.0);
    assert_eq!(grade.results[1]["weight"], 1.0);
    assert!(grade.results[1]["reason"].is_string());
    let lopsided = json!([
        {"type": "contains", "value": "a", "weight": 1000},
        {"type": "contains", "value": "b", "weight": 1e-300},
    ]);
    assert!(grade_answer(lopsided, "a", None).await.score < 1.0);
}

#[tokio::test]
async fn what_was_measured_is_told() {
    let assertions = json!([
        {"type": "word-count", "value": 5},
        {"type": "levenshtein", "value": "a c"},
        {"type": "latency", "threshold": 1},
        {"type": "cost", "threshold": 1},
    ]);
    let grade = grade_answer(assertions, "a b", Some(Decimal::new(125, 4))).await;
    let actual = |i: usize| grade.results[i]["actual"].as_f64().unwrap();
    assert_eq!((actual(0), actual(1), actual(2), actual(3)), (2.0, 1.0, 250.0, 0.0125));
}

#[test]
fn grading_ends_in_time_and_what_was_not_graded_has_not_passed() {
    let assertions =
        json!([{"type": "contains", "value": "a"}, {"type": "not-contains", "value": "b"}]);
    let answer = GradedText { text: "a".to_owned(), took: Duration::ZERO, cost: None };
    let grade = grade_within(Duration::ZERO, &assertions, &answer);
    assert_eq!(grade.score, 0.0);
    for result in grade.results.as_array().unwrap() {
        assert!(result["passed"].is_null(), "{result}");
        assert!(result["error"].as_str().unwrap().contains("takes too long"), "{result}");
    }
    assert_eq!(crate::grade(&assertions, &answer).score, 1.0);
}

#[tokio::test]
async fn a_schema_that_is_too_much_for_an_answer_is_an_error() {
    let many: Vec<_> = (0..1_000).map(|i| json!({"minimum": -i})).collect();
    let list = serde_json::to_string(&vec![1; 10_000]).unwrap();
    let all = json!({"type": "json-schema", "value": {"items": {"allOf": many}}});
    assert_eq!(passes(&all, "[1]").await, Some(true));
    assert_eq!(passes(&all, &list).await, None);
    // A pattern costs as often as it is referred to.
    let refs: Vec<_> = (0..1_000).map(|_| json!({"$ref": "#/$defs/p"})).collect();
    let patterns = json!({
        "type": "json-schema", "value": {"allOf": refs, "$defs": {"p": {"pattern": "x"}}},
    });
    assert_eq!(passes(&patterns, r#""x""#).await, Some(true));
    assert_eq!(passes(&patterns, &format!("{:?}", "x".repeat(2_000))).await, None);
}
