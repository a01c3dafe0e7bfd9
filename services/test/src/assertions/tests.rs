use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{grade::Grade, parse::parse, *};

fn body(assertion: &Value) -> AssertionBody {
    serde_json::from_value(assertion.clone()).unwrap()
}

/// Fields and problems of what is refused.
fn problems(assertion: Value) -> Vec<(&'static str, String)> {
    match parse(&body(&assertion)) {
        Ok(_) => panic!("{assertion} is taken"),
        Err(problems) => problems.into_iter().map(|p| (p.field, p.what)).collect(),
    }
}

fn fields(assertion: Value) -> Vec<&'static str> {
    problems(assertion).into_iter().map(|(field, _)| field).collect()
}

async fn grade_answer(assertions: Value, text: &str, cost: Option<Decimal>) -> Grade {
    let took = Duration::from_millis(250);
    grade(&assertions, &Answer { text: text.to_owned(), took, cost })
}

/// Whether the answer passes; none when that cannot be told.
async fn passes(assertion: &Value, text: &str) -> Option<bool> {
    parse(&body(assertion)).map_err(|_| ()).unwrap();
    let cost = Some(Decimal::new(2, 2));
    let grade = grade_answer(json!([assertion]), text, cost).await;
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
    assert!(parse(&body(&json!({"type": "is-json", "value": draft_7}))).is_ok());
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
    let taken = |schema| parse(&body(&json!({"type": "json-schema", "value": schema}))).is_ok();
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
fn placeholders_stand_for_a_row_s_variables_and_what_it_expects() {
    let variables = BTreeMap::from([("name".to_owned(), "A.da".to_owned())]);
    let filler = Filler::new(&variables, Some("Hello, A.da"));
    let filled = filler
        .fill(&[
            body(&json!({"type": "equals", "value": "{{expected}}!"})),
            body(&json!({"type": "contains-any", "value": ["{{name}}", "you"]})),
            body(&json!({"type": "regex", "value": "^{{name}}.$"})),
            body(&json!({"type": "equals", "value": {"who": ["{{name}}"]}})),
            body(&json!({"type": "json-schema", "value": {"const": "{{name}}"}})),
        ])
        .unwrap();
    let values: Vec<_> = filled.into_iter().map(|body| body.value.unwrap()).collect();
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
            body(&json!({"type": "contains", "value": "{{expected}} {{name}}"})),
            body(&json!({"type": "contains", "value": "{{empty}}"})),
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
    use garde::Validate;
    let taken = |value: &str| {
        TemplateBody(body(&json!({"type": "regex", "value": value}))).validate().is_ok()
    };
    assert!(taken("^{{name}}$"));
    assert!(taken(r"\d{2}"));
    assert!(!taken("({{name}}"));
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
        assert!(parse(&body(&json!({"type": "regex", "value": pattern}))).is_ok(), "{pattern}");
    }
}

#[test]
fn a_zero_has_no_sign() {
    let body = body(&json!({"type": "levenshtein", "value": "a", "threshold": -0.0}));
    assert_eq!(body.threshold.map(f64::to_bits), Some(0));
    assert!(parse(&body).is_ok());
    let infinite = AssertionBody { threshold: Some(f64::INFINITY), ..body };
    assert_eq!(parse(&infinite).err().unwrap()[0].field, "threshold");
}

fn excess(assertions: Vec<Value>) -> Option<String> {
    use garde::Validate;
    let few = Few(assertions.iter().map(body).collect::<Vec<_>>());
    few.validate().err().map(|report| report.to_string())
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

#[test]
fn grading_ends_in_time_and_what_was_not_graded_has_not_passed() {
    let assertions =
        json!([{"type": "contains", "value": "a"}, {"type": "not-contains", "value": "b"}]);
    let answer = Answer { text: "a".to_owned(), took: Duration::ZERO, cost: None };
    let grade = super::grade::grade_within(Duration::ZERO, &assertions, &answer);
    assert_eq!(grade.score, 0.0);
    for result in grade.results.as_array().unwrap() {
        assert!(result["passed"].is_null(), "{result}");
        assert!(result["error"].as_str().unwrap().contains("takes too long"), "{result}");
    }
    assert_eq!(super::grade(&assertions, &answer).score, 1.0);
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
