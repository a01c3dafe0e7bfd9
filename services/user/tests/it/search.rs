//! `/users/search`.

use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{Fixture, join, join_admin, register, start, usernames};

async fn people(fixture: &Fixture) {
    for (username, first, last) in [
        ("ada", "Ada", "Lovelace"),
        ("adam", "Adam", "Smith"),
        ("grace", "Grace", "Hopper"),
        ("canada_dry", "Bo", "Lee"),
        ("per-cent", "100% Pure", "O'Neil"),
        ("maria", "Мария", "Склодовская"),
    ] {
        let body = json!({
            "username": username, "email": format!("{username}@example.com"),
            "password": "correct horse", "firstName": first, "lastName": last,
        });
        register(&fixture.app.anonymous(), body).await;
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn people_are_found_by_parts_of_their_names_the_best_first(pool: PgPool) {
    let fixture = start(&pool).await;
    people(&fixture).await;
    let client = fixture.app.anonymous();
    for (query, expected) in [
        // The username itself comes first, then usernames that begin so, then names with it anywhere.
        ("ADA", vec!["ada", "adam", "canada_dry"]),
        ("lovelace", vec!["ada"]),
        ("Ada%20Love", vec!["ada"]),
        ("opp", vec!["grace"]),
        // One or two characters find only the beginnings of words.
        ("ad", vec!["ada", "adam"]),
        ("l", vec!["ada", "canada_dry"]),
        // Wildcards stand for themselves.
        ("%25", vec![]),
        ("100%25", vec!["per-cent"]),
        ("n_d", vec![]),
        ("ada_", vec!["canada_dry"]),
        ("%5C", vec![]),
        ("o'neil", vec!["per-cent"]),
        ("МАРИЯ", vec!["maria"]),
        ("склод", vec!["maria"]),
        ("nobody", vec![]),
    ] {
        let page = client.get(&format!("/users/search?q={query}")).await.expect(200);
        assert_eq!(usernames(&page), expected, "{query}");
        assert_eq!(page["totalElements"], expected.len(), "{query}");
        assert!(!page.to_string().contains("@example.com"), "emails are private");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_search_is_paged_by_number_and_by_cursor_alike(pool: PgPool) {
    let fixture = start(&pool).await;
    people(&fixture).await;
    let client = fixture.app.anonymous();
    let mut seen = Vec::new();
    let mut path = "/users/search?q=ada&size=1".to_owned();
    for number in 0.. {
        let by_number =
            client.get(&format!("/users/search?q=ada&size=1&page={number}")).await.expect(200);
        let page = client.get(&path).await.expect(200);
        assert_eq!(usernames(&page), usernames(&by_number));
        seen.extend(usernames(&page).into_iter().map(str::to_owned));
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/users/search?q=ada&size=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["ada", "adam", "canada_dry"]);
    for (query, field) in
        [("", "q"), ("?q=%20", "q"), ("?q=a&cursor=x", "cursor"), ("?q=a&size=0", "size")]
    {
        let problem = client
            .get(&format!("/users/search{query}"))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), [field]);
    }
    let long = format!("/users/search?q={}", "x".repeat(101));
    client.get(&long).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_changed_name_is_found_and_a_suspended_account_is_not(pool: PgPool) {
    let fixture = start(&pool).await;
    let root = join_admin(&fixture, &pool, "boss").await;
    let ada = join(&fixture, "ada").await;
    ada.client.put("/users/me", json!({"lastName": "Byron"})).await.expect(200);
    let client = fixture.app.anonymous();
    assert_eq!(usernames(&client.get("/users/search?q=byron").await.expect(200)), ["ada"]);
    root.client.post(&format!("/users/{}/suspend", ada.id), ()).await.expect(200);
    let page = client.get("/users/search?q=byron").await.expect(200);
    assert_eq!((usernames(&page).len(), &page["totalElements"]), (0, &json!(0)));
}
