//! Tags and categories with their counts.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, eventually, user};

use crate::support::{assert_snapshot, create, path, private, reviewer, start};

async fn prompt(client: &Client, category: &str, tags: &[&str]) -> Value {
    let mut body = reviewer();
    body["category"] = json!(category);
    body["tags"] = json!(tags);
    create(client, body).await
}

/// Waits until a list of names equals `names`.
async fn expect_names(client: &Client, path: &str, names: Value) {
    eventually(&names.to_string(), async || {
        let page = client.get(path).await.expect(200);
        (page["content"] == names).then_some(page)
    })
    .await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn names_are_counted_without_case_as_prompts_come_change_and_go(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let first = prompt(&ada, "Écriture", &["Rust", "async"]).await;
    expect_names(&anonymous, "/prompts/categories", json!([{"name": "Écriture", "count": 1}]))
        .await;
    let second = prompt(&ada, "écriture", &["rust"]).await;
    prompt(&ada, "Art", &["Rust", "rust"]).await;
    let hidden = {
        let mut body = private(reviewer());
        body["category"] = json!("Secret");
        create(&ada, body).await
    };
    expect_names(
        &anonymous,
        "/prompts/categories",
        json!([{"name": "Écriture", "count": 2}, {"name": "Art", "count": 1}]),
    )
    .await;
    expect_names(
        &anonymous,
        "/prompts/tags",
        json!([{"name": "Rust", "count": 3}, {"name": "async", "count": 1}]),
    )
    .await;

    ada.put(&path(&second), json!({"category": "Art", "tags": ["Go"]})).await.expect(200);
    ada.delete(&path(&first)).await.expect(204);
    ada.put(&path(&hidden), json!({"visibility": "PUBLIC", "tags": ["go"]})).await.expect(200);
    expect_names(
        &anonymous,
        "/prompts/categories",
        json!([{"name": "Art", "count": 2}, {"name": "Secret", "count": 1}]),
    )
    .await;
    expect_names(
        &anonymous,
        "/prompts/tags",
        json!([{"name": "Go", "count": 2}, {"name": "Rust", "count": 1}]),
    )
    .await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn names_can_be_narrowed_by_a_prefix_and_paged(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    prompt(&ada, "A", &["Rust", "ruby", "RUN", "100%", "10_000", "写作"]).await;
    prompt(&ada, "B", &["rust"]).await;
    expect_names(
        &anonymous,
        "/prompts/tags?prefix=RU",
        json!([{"name": "Rust", "count": 2}, {"name": "ruby", "count": 1}, {"name": "RUN", "count": 1}]),
    )
    .await;
    expect_names(&anonymous, "/prompts/tags?prefix=100%25", json!([{"name": "100%", "count": 1}]))
        .await;
    expect_names(
        &anonymous,
        "/prompts/tags?prefix=%E5%86%99",
        json!([{"name": "写作", "count": 1}]),
    )
    .await;
    expect_names(&anonymous, "/prompts/tags?prefix=x", json!([])).await;

    let whole = anonymous.get("/prompts/tags").await.expect(200);
    assert_snapshot("tag_page", &whole);
    let mut paged = Vec::new();
    let mut next = anonymous.get("/prompts/tags?size=4").await.expect(200);
    loop {
        paged.extend(next["content"].as_array().unwrap().clone());
        let Some(cursor) = next["nextCursor"].as_str() else { break };
        next = anonymous.get(&format!("/prompts/tags?size=4&cursor={cursor}")).await.expect(200);
    }
    assert_eq!(Value::Array(paged), whole["content"]);
    let second = anonymous.get("/prompts/tags?size=4&page=1").await.expect(200);
    assert_eq!(second["content"].as_array().unwrap(), &whole["content"].as_array().unwrap()[4..]);
    for bad in ["tags?size=0", "tags?cursor=x", "categories?page=-1"] {
        anonymous.get(&format!("/prompts/{bad}")).await.expect_problem(400, "VALIDATION_FAILED");
    }
    let long = "x".repeat(51);
    let problem = anonymous
        .get(&format!("/prompts/tags?prefix={long}"))
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(testkit::Answer::bad_fields(&problem), ["prefix"]);
}
