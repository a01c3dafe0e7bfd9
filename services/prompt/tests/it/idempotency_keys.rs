//! `Idempotency-Key` on prompts, forks and comments.

use auth::Identity;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};

use crate::support::{Fixture, create, path, reviewer, start};

fn client(fixture: &Fixture, who: &Identity, key: &str) -> Client {
    fixture.app.anonymous().forwarded_for(who).with_header("idempotency-key", key)
}

async fn count(pool: &PgPool, from_where: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {from_where}"));
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

fn assert_alike(first: &Answer, second: &Answer, headers: &[&str]) {
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(second.status, 201, "{}", second.text);
    assert_eq!(first.text, second.text);
    for header in headers {
        assert_eq!(first.headers[*header], second.headers[*header], "{header}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_is_sent_again_under_its_key_is_made_once_and_answered_alike(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (user("ada"), user("eve"));
    let ada_client = client(&fixture, &ada, "k");
    let first = ada_client.post("/prompts", reviewer()).await;
    // Even though the prompt has changed since.
    ada_client.put(&path(&first.json), json!({"title": "Renamed"})).await.expect(200);
    let second = ada_client.post("/prompts", reviewer()).await;
    assert_alike(&first, &second, &["location", "etag", "content-type"]);
    assert_eq!(count(&pool, "prompts").await, 1);

    // The same key on another route is another key.
    let prompt = first.json;
    let eve_client = client(&fixture, &eve, "k");
    let fork = format!("{}/fork", path(&prompt));
    let first = eve_client.post(&fork, json!({"title": "Mine now"})).await;
    let second = eve_client.post(&fork, json!({"title": "Mine now"})).await;
    assert_alike(&first, &second, &["location", "etag"]);
    assert_ne!(first.json["id"], prompt["id"]);
    assert_eq!(count(&pool, "prompts").await, 2);
    let seen = fixture.app.anonymous().get(&path(&prompt)).await.expect(200);
    assert_eq!(seen["forksCount"], 1);

    let comment = json!({"promptId": prompt["id"], "content": "Just what I needed."});
    let first = eve_client.post("/api/social/comments", &comment).await;
    let second = eve_client.post("/api/social/comments", &comment).await;
    assert_alike(&first, &second, &["location"]);
    assert_eq!(count(&pool, "prompt_comments").await, 1);
    // Without a key each request creates another.
    let plain = fixture.app.anonymous().forwarded_for(&eve);
    plain.post("/api/social/comments", &comment).await.expect(201);
    assert_eq!(count(&pool, "prompt_comments").await, 2);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_key_is_for_one_request_and_refusals_are_not_remembered(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let keyed = client(&fixture, &ada, "k");
    let mut bad = reviewer();
    bad["title"] = json!("x");
    keyed.post("/prompts", bad).await.expect_problem(400, "VALIDATION_FAILED");
    let prompt = keyed.post("/prompts", reviewer()).await.expect(201);
    let mut other = reviewer();
    other["title"] = json!("Another title");
    let problem = keyed.post("/prompts", other).await;
    let problem = problem.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"]);

    // A fork of another prompt is another request, though its body is the same: none.
    let twin = create(&fixture.app.anonymous().forwarded_for(&ada), reviewer()).await;
    let fork = async |of: &Value| keyed.post(&format!("{}/fork", path(of)), json!({})).await;
    fork(&prompt).await.expect(201);
    fork(&twin).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");

    let absent = json!({"promptId": ids::PromptId::new(), "content": "Hello?"});
    let refused = keyed.post("/api/social/comments", absent).await;
    refused.expect_problem(404, "PROMPT_NOT_FOUND");
    let comment = json!({"promptId": prompt["id"], "content": "Hello."});
    keyed.post("/api/social/comments", comment).await.expect(201);
    assert_eq!(count(&pool, "prompt_comments").await, 1);
    let bad_key = client(&fixture, &ada, "two words");
    let problem = bad_key.post("/prompts", reviewer()).await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_double_click_makes_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let keyed = client(&fixture, &user("ada"), "k");
    let clicks: Vec<_> = (0..6)
        .map(|_| {
            let keyed = keyed.clone();
            tokio::spawn(async move { keyed.post("/prompts", reviewer()).await })
        })
        .collect();
    let mut made = Vec::new();
    for click in clicks {
        let answer = click.await.unwrap();
        match answer.status.as_u16() {
            409 => drop(answer.expect_problem(409, "IDEMPOTENCY_KEY_IN_USE")),
            _ => made.push(answer.expect(201)),
        }
    }
    made.push(keyed.post("/prompts", reviewer()).await.expect(201));
    assert!(made.len() > 1 && made.iter().all(|prompt| prompt == &made[0]), "{made:?}");
    assert_eq!(count(&pool, "prompts").await, 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn keys_go_with_their_account(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (user("ada"), user("eve"));
    for who in [&ada, &eve] {
        client(&fixture, who, "k").post("/prompts", reviewer()).await.expect(201);
    }
    let forget = format!("/internal/users/{}", ada.id);
    fixture.app.anonymous().internal().delete(&forget).await.expect(204);
    assert_eq!(count(&pool, "idempotency_keys").await, 1);
}
