//! Creating data sets, from JSON and from CSV.

use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use super::{PATH, csv, greetings, kept, path};
use crate::support::{assert_snapshot, start};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_data_set_is_made_from_json_and_read_back(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let answer = client.post(PATH, greetings()).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let made = answer.expect(201);
    assert_eq!(location, path(&made));
    assert_snapshot("new_dataset", &made);

    let first = client.get(&format!("{location}?size=2")).await.expect(200);
    assert_eq!(first["id"], made["id"]);
    assert_snapshot("dataset", &first);
    let cursor = first["rows"]["nextCursor"].as_str().unwrap();
    for next in ["page=1".to_owned(), format!("cursor={cursor}")] {
        let page = client.get(&format!("{location}?size=2&{next}")).await.expect(200);
        assert_eq!(page["rows"]["content"][0]["number"], 3);
        assert_eq!(page["rows"]["content"].as_array().unwrap().len(), 1);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_data_set_is_made_from_csv(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let text = "name,language,expected\nAda,French,\"Bonjour, Ada.\"\nБоб,German,\n";
    let made = csv(&client, "?name=Greetings", text).await.expect(201);
    assert_eq!((&made["name"], &made["rowCount"]), (&json!("Greetings"), &json!(2)));
    assert_eq!(made["variables"], json!(["language", "name"]));
    let rows = client.get(&path(&made)).await.expect(200)["rows"]["content"].clone();
    assert_eq!(
        rows,
        json!([
            {"number": 1, "variables": {"name": "Ada", "language": "French"}, "expected": "Bonjour, Ada."},
            {"number": 2, "variables": {"name": "Боб", "language": "German"}, "expected": null},
        ])
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn csv_is_read_as_meant_or_refused_with_its_line(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    for text in [
        "\"city\", \"expected\"\n\"Paris\", \"Oui, oui\"\n",
        "\u{feff}city;expected;\r\n\r\nParis;\"Oui, oui\"\r\n;;\r\n",
        "city\texpected\nParis\tOui, oui\n\t\n",
    ] {
        let made = csv(&client, "?name=Cities", text).await.expect(201);
        let rows = client.get(&path(&made)).await.expect(200)["rows"]["content"].clone();
        let row = json!({"number": 1, "variables": {"city": "Paris"}, "expected": "Oui, oui"});
        assert_eq!(rows, json!([row]), "{text:?}");
    }
    for (text, line) in [
        ("city,expected\nParis,say \"oui\"\n", "line 2"),
        ("city,expected\nOslo,ja\n\"say \\\"oui\\\"\",x\n", "line 3"),
        ("city,expected\nParis,\"oui\nOslo,ja\n", "line 2"),
        ("city,expected\nParis\n", "line 2"),
        ("city,city\nParis,Oslo\n", "line 1"),
        ("c\0i\0t\0y\0", "line 1"),
    ] {
        let problem = csv(&client, "?name=x", text).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), [line], "{text:?}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_bad_row_is_named(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "rows": [
            {"variables": {"fine": "x"}},
            {"variables": {"a}b": "x"}},
            {"variables": {"expected": "x"}},
            {"variables": {"n": 3}},
            {},
        ],
    });
    let problem = client.post(PATH, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        [
            "name",
            "rows[1].variables",
            "rows[2].variables",
            "rows[3].variables.n",
            "rows[4].variables"
        ]
    );
    for count in [0, 1_001] {
        let rows = vec![json!({"variables": {}}); count];
        let body = json!({"name": "x", "rows": rows});
        let problem = client.post(PATH, body).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["rows"]);
    }

    let problem = csv(&client, "?name=x", "a,b\n1,2\n1\n1,2,3\n").await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["line 3", "line 4"]);
    let problem = csv(&client, "", "a\n1\n").await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["name"]);
    // One problem, not one for each of half a million columns.
    let wide = "a,".repeat(500_000);
    let problem = csv(&client, "?name=x", &wide).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(problem["errors"], json!({"line 1": ["must have 101 columns at most"]}));
    let names: Vec<_> = (0..101).map(|n| format!("n{n}")).collect();
    let problem = csv(&client, "?name=x", &names.join(",")).await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(problem["errors"], json!({"line 1": ["must name 100 variables at most"]}));
    let many = format!("a\n{}", "1\n".repeat(1_001));
    let problem = csv(&client, "?name=x", &many).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["rows"]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_body_that_is_too_large_or_of_another_kind_is_refused(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let large = "x".repeat(1024 * 1024 + 1);
    csv(&client, "?name=x", &large).await.expect_problem(413, "BODY_TOO_LARGE");
    let answer = client.raw(Method::POST, PATH, "text/plain", "a\n1\n").await;
    answer.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    let rows = vec![json!({"variables": {"a": "1"}}); 1_000];
    let made = client.post(PATH, json!({"name": "x", "rows": rows})).await.expect(201);
    assert_eq!(made["rowCount"], 1_000);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn names_are_visible_and_on_one_line(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let row = |name: &str| json!([{"variables": {name: "x"}}]);
    let target = json!({"modelProvider": "MOCK", "modelName": "mock"});
    for name in ["a\nb", "\u{200B}", " \u{2060}", "a\u{202E}b", "a\u{7}b"] {
        let set = json!({"name": name, "rows": row("city")});
        let comparison = json!({
            "name": name, "notes": "\u{200B}", "promptContent": "x", "targets": [target, target],
        });
        for (path, body, bad) in [
            (PATH, set, &["name"][..]),
            (PATH, json!({"name": "Set", "rows": row(name)}), &["rows[0].variables"]),
            ("/api/tests/comparisons", comparison, &["name", "notes"]),
        ] {
            let problem = client.post(path, body).await.expect_problem(400, "VALIDATION_FAILED");
            assert_eq!(Answer::bad_fields(&problem), bad, "{problem}");
            assert!(!problem.to_string().contains("\\u{"), "{problem}");
        }
    }
    let query = format!("?name={}", "%E2%80%8B");
    let problem = csv(&client, &query, "city\nParis\n").await;
    assert_eq!(Answer::bad_fields(&problem.expect_problem(400, "VALIDATION_FAILED")), ["name"]);
    let family = json!({"name": "👩\u{200D}👩\u{200D}👧 نمی\u{200C}خواهم", "rows": row("city")});
    client.post(PATH, family).await.expect(201);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_dry_run_answers_what_would_be_stored_and_stores_nothing(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let rows: String = (1..=21).map(|n| format!("city {n};\"a\nb\";\r\n")).collect();
    let text = format!("\u{feff}city;note;expected\r\n{rows}");
    let preview = csv(&client, "?dryRun=true", &text).await.expect(200);
    assert_eq!(
        (&preview["rowCount"], &preview["variables"]),
        (&json!(21), &json!(["city", "note"]))
    );
    let shown = preview["rows"].as_array().unwrap();
    let first =
        json!({"number": 1, "variables": {"city": "city 1", "note": "a\nb"}, "expected": null});
    assert_eq!((shown.len(), &shown[0]), (20, &first));
    assert_eq!((&preview["errors"], &preview["errorsTruncated"]), (&json!([]), &json!(false)));

    let preview =
        csv(&client, "?dryRun=true", "a,b\n1,2\n1\n\"x\ny\",2\n1,2,3\n").await.expect(200);
    let lines: Vec<_> = preview["errors"].as_array().unwrap().iter().map(|e| &e["line"]).collect();
    assert_eq!((&preview["rowCount"], lines), (&json!(4), vec![&json!(3), &json!(6)]));
    assert_eq!(preview["rows"][1]["variables"], json!({"a": "x\ny", "b": "2"}));
    let preview = csv(&client, "?dryRun=true", &format!("a\n{}", "1\n".repeat(1_001))).await;
    let preview = preview.expect(200);
    assert_eq!(
        (&preview["rowCount"], &preview["errors"][0]["line"]),
        (&json!(1_001), &json!(null))
    );

    let preview = client.post(&format!("{PATH}?dryRun=true"), greetings()).await.expect(200);
    assert_eq!((&preview["rowCount"], &preview["errors"]), (&json!(3), &json!([])));
    assert_eq!(kept(&pool).await, (0, 0));

    let problem = csv(&client, "?dryRun=perhaps", "a\n1\n").await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["dryRun"]);
    let path = format!("{PATH}?dryRun=true");
    app.anonymous().post(&path, greetings()).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}
