//! No answer of a list is over 1 MiB, and no request keeps others waiting.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};

use crate::support::{PromptService, create, finished, mock, start, start_with};

const MIB: usize = 1024 * 1024;

/// The page, after checking that it is no larger than it may be.
async fn page(client: &Client, path: &str) -> Value {
    let answer = client.get(path).await;
    assert!(answer.text.len() <= MIB, "{path}: {}", answer.text.len());
    answer.expect(200)
}

fn items(page: &Value) -> &Vec<Value> {
    page["content"].as_array().unwrap()
}

/// How many items have this field.
fn having(page: &Value, field: &str) -> usize {
    items(page).iter().filter(|item| !item[field].is_null()).count()
}

/// Gives every test a prompt and a response of so many bytes, and results.
async fn lengthen(pool: &PgPool, bytes: i32) {
    sqlx::query(
        "update tests set prompt_content = repeat('p', $1), response = repeat('r', $1), score = 1,
                          assertion_results = jsonb_build_array(repeat('a', $1))
         where status = 'COMPLETED'",
    )
    .bind(bytes)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn lists_of_tests_show_previews_and_whole_texts_when_asked(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let mut body = mock("mock-echo");
    body["promptId"] = json!(prompts.prompt);
    body["promptContent"] = json!("é".repeat(300));
    body["assertions"] = json!([{"type": "contains", "value": "é"}]);
    for _ in 0..3 {
        let test = create(&client, body.clone()).await;
        finished(&client, &test).await;
    }
    let lists = [
        format!("/api/tests/user/{}?size=3", prompts.author.id),
        format!("/api/tests/prompt/{}?size=3", prompts.prompt),
    ];
    let (whole, start) = (json!("é".repeat(300)), json!("é".repeat(200)));
    for list in &lists {
        let short = page(&client, list).await;
        let long = page(&client, &format!("{list}&include=content")).await;
        for (short, long) in items(&short).iter().zip(items(&long)) {
            for field in ["promptContent", "response"] {
                assert!(short[field].is_null(), "{short}");
                assert_eq!((&long[field], &short[format!("{field}Preview")]), (&whole, &start));
            }
            assert_eq!(short["assertionResults"], long["assertionResults"]);
            assert_eq!(short["assertionResults"][0]["passed"], true);
        }
        assert!(short.get("contentTruncated").is_none() && long.get("contentTruncated").is_none());
        let problem = client.get(&format!("{list}&include=all")).await;
        let problem = problem.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["include"]);
    }

    // Two texts of 200,000 bytes and results of as many each: one test fits, and one is too much.
    lengthen(&pool, 200_000).await;
    for list in &lists {
        let short = page(&client, list).await;
        assert_eq!((having(&short, "promptContent"), having(&short, "assertionResults")), (0, 0));
        assert_eq!(having(&short, "responsePreview"), 3);
        let long = page(&client, &format!("{list}&include=content")).await;
        assert_eq!((having(&long, "promptContent"), having(&long, "response")), (1, 1));
        assert_eq!(having(&long, "responsePreview"), 3);
        assert_eq!(long["contentTruncated"], true);
    }
    // One that never fits does not keep out those after it.
    sqlx::query("update tests set response = repeat('r', 2000000) where id = (select max(id::text)::uuid from tests)")
        .execute(&pool)
        .await
        .unwrap();
    let long = page(&client, &format!("{}&include=content", lists[0])).await;
    assert!(items(&long)[0]["response"].is_null() && items(&long)[1]["response"].is_string());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn results_of_runs_keep_to_a_mebibyte(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let row = json!({"variables": {"name": "n".repeat(300_000)}, "expected": "e".repeat(1000)});
    let set = json!({"name": "Long", "rows": [row, row, row]});
    let set = client.post("/api/tests/datasets", set).await.expect(201);
    let runs = format!("/api/tests/datasets/{}/runs", set["id"].as_str().unwrap());
    let target = json!({"modelProvider": "MOCK", "modelName": "mock"});
    let run = json!({"promptContent": "{{name}}", "targets": [target, target]});
    let run = client.post(&runs, run).await.expect(201);
    let run = format!("/api/tests/runs/{}", run["id"].as_str().unwrap());
    testkit::eventually("the run to be over", || async {
        let run = client.get(&run).await.expect(200);
        (run["progress"]["done"] == 6).then_some(())
    })
    .await;
    lengthen(&pool, 5_000).await;

    let results = format!("{run}/results");
    let short = page(&client, &results).await;
    assert_eq!((items(&short).len(), having(&short, "response")), (6, 0));
    assert_eq!((having(&short, "variables"), having(&short, "expected")), (3, 3));
    assert_eq!((having(&short, "assertionResults"), &short["contentTruncated"]), (6, &json!(true)));
    let long = page(&client, &format!("{results}?include=content")).await;
    assert_eq!((having(&long, "response"), having(&long, "variables")), (3, 3));
    let one = page(&client, &format!("{results}?include=content&size=1")).await;
    assert_eq!(items(&one)[0]["response"], "r".repeat(5_000));
    assert!(one.get("contentTruncated").is_none());
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn data_sets_their_rows_and_comparisons_keep_to_a_mebibyte(pool: PgPool) {
    let app = start(&pool).await;
    let ada = user("ada");
    let client = app.anonymous().forwarded_for(&ada);
    // A hundred names of four hundred bytes: the CSV has them once, the rows as JSON each.
    let names: Vec<String> = (0..100).map(|i| format!("{i:02}{}", "字".repeat(98))).collect();
    let csv = format!("{}\n{}", names.join(","), format!("{}\n", ",".repeat(99)).repeat(50));
    let csv = csv.replace(",\n", ",x\n");
    let mut made = Value::Null;
    for i in 0..40 {
        let path = format!("/api/tests/datasets?name=S{i}");
        made = client.raw(http::Method::POST, &path, "text/csv", &csv).await.expect(201);
    }
    let lists = page(&client, "/api/tests/datasets?size=100").await;
    assert_eq!((items(&lists).len(), &lists["contentTruncated"]), (40, &json!(true)));
    let set = format!("/api/tests/datasets/{}?size=100", made["id"].as_str().unwrap());
    let rows = page(&client, &set).await["rows"].clone();
    assert_eq!((items(&rows).len(), &rows["contentTruncated"]), (50, &json!(true)));
    assert!((20..50).contains(&having(&rows, "variables")));
    assert_eq!(items(&rows)[0]["variables"][&names[99]], "x");

    sqlx::query(
        "insert into comparisons (id, user_id, name, notes, definition)
         select gen_random_uuid(), $1, 'x', repeat('字', 5000), '{}' from generate_series(1, 100)",
    )
    .bind(ada.id)
    .execute(&pool)
    .await
    .unwrap();
    let comparisons = page(&client, "/api/tests/comparisons?size=100").await;
    assert_eq!((items(&comparisons).len(), &comparisons["contentTruncated"]), (100, &json!(true)));
    assert!((50..100).contains(&having(&comparisons, "notes")));
}

/// Bodies that cost as much as a body can, and the routes that take them.
fn worst() -> Vec<(&'static str, Value)> {
    // Classes of many ranges, compiled for any case.
    let class = |i: usize| format!("(?i)[{}]{{2}}x{i}", r"\w&&\p{L}--\d".repeat(76));
    let patterns: Vec<_> = (0..50)
        .map(|i| json!({"type": "regex", "value": &class(i)[..1000.min(class(i).len())]}))
        .collect();
    let fitting: Vec<_> = (0..20)
        .map(|i| json!({"type": "regex", "value": format!("(?i)[\\w\\p{{Greek}}]{{3}}x{i}")}))
        .collect();
    let schema: Vec<_> = (0..1_500).map(|i| json!({"minimum": i, "title": "t"})).collect();
    let schemas = vec![json!({"type": "json-schema", "value": {"allOf": schema}}); 2];
    let placeholders = "{{a}}".repeat(20_000);
    let test = |assertions: Value| {
        json!({
            "promptContent": placeholders, "systemPrompt": placeholders, "variables": {"a": "x"},
            "modelProvider": "MOCK", "modelName": "mock-echo", "assertions": assertions,
        })
    };
    let targets = vec![json!({"modelProvider": "MOCK", "modelName": "mock"}); 10];
    let comparison = json!({
        "name": "Worst", "promptContent": placeholders, "variables": {"a": "x"}, "targets": targets,
        "assertions": fitting,
    });
    let row: serde_json::Map<_, _> = (0..100).map(|i| (format!("v{i}"), json!("x"))).collect();
    let rows = json!({"name": "Worst", "rows": vec![json!({"variables": row}); 600]});
    vec![
        ("/api/tests", test(json!(patterns))),
        ("/api/tests", test(json!(fitting))),
        ("/api/tests", test(json!(schemas))),
        ("/api/tests/comparisons", comparison),
        ("/api/tests/datasets", rows),
    ]
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn while_the_worst_requests_are_read_health_is_answered(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let bodies = worst();
    let sent = async {
        let all =
            bodies.iter().flat_map(|body| [body, body]).map(|(path, body)| client.post(path, body));
        let answers = join_all(all).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert!(statuses.iter().all(|status| [201, 400].contains(status)), "{statuses:?}");
    };
    let (mut sent, mut slowest) = (Box::pin(sent), Vec::new());
    loop {
        let started = Instant::now();
        tokio::select! {
            biased;
            answer = client.get("/health") => {
                answer.expect(200);
                slowest.push(started.elapsed());
            }
            () = &mut sent => break,
        }
    }
    slowest.sort();
    let p99 = slowest[slowest.len() * 99 / 100];
    // Unoptimised, beside everything else that is tested; on an async thread it takes seconds.
    assert!(p99 < Duration::from_millis(250), "{p99:?} of {}", slowest.len());
}
