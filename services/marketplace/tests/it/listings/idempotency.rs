//! `Idempotency-Key` on listings.

use auth::Identity;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, eventually, user};

use crate::support::{Fixture, path_of, start};

const LISTINGS: &str = "/api/marketplace/listings";

async fn list_with_key(fixture: &Fixture, seller: &Identity, key: &str, body: &Value) -> Answer {
    fixture.client(seller).with_header("idempotency-key", key).post(LISTINGS, body).await
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_listing_sent_again_under_its_key_is_made_once_and_answered_alike(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let body = json!({"promptId": fixture.prompts.write(&ada), "price": 9.9});
    let first = list_with_key(&fixture, &ada, "k", &body).await;
    let second = list_with_key(&fixture, &ada, "k", &body).await;
    assert_eq!(second.text, first.text);
    for header in ["location", "content-type"] {
        assert_eq!(second.headers[header], first.headers[header]);
    }
    let listing = first.expect(201);
    assert_eq!(second.headers["location"], path_of(&listing).as_str());
    second.expect(201);
    // The response stays that of the first request, whatever the listing is now.
    fixture.client(&ada).delete(&path_of(&listing)).await.expect(204);
    assert_eq!(list_with_key(&fixture, &ada, "k", &body).await.expect(201), listing);
    assert_eq!(fixture.count("listings").await, 1);
    // Another key, or the same key of another caller, is another request.
    let again = list_with_key(&fixture, &ada, "l", &body).await.expect(201);
    assert_ne!(again["id"], listing["id"]);
    list_with_key(&fixture, &user("eve"), "k", &body).await.expect_problem(403, "FORBIDDEN");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_key_is_for_one_body_and_a_refusal_is_not_remembered(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let prompt = fixture.prompts.write_with(&ada, json!({"status": "DRAFT"}));
    let body = json!({"promptId": prompt, "price": 1});
    list_with_key(&fixture, &ada, "k", &body).await.expect_problem(409, "PROMPT_NOT_PUBLISHED");
    let invalid = json!({"promptId": prompt, "price": 0});
    list_with_key(&fixture, &ada, "k", &invalid).await.expect_problem(400, "VALIDATION_FAILED");
    fixture.prompts.edit(prompt, json!({"status": "PUBLISHED"}));
    list_with_key(&fixture, &ada, "k", &body).await.expect(201);
    let other = json!({"promptId": prompt, "price": 2});
    let problem = list_with_key(&fixture, &ada, "k", &other).await;
    let problem = problem.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"]);
    let problem = list_with_key(&fixture, &ada, "two words", &body).await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"]);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn of_many_at_once_under_one_key_one_lists_and_the_others_are_told_to_ask_again(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let body = json!({"promptId": fixture.prompts.write(&ada), "price": 1});
    let client = fixture.client(&ada).with_header("idempotency-key", "k");
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { client.post(LISTINGS, body).await })
        })
        .collect();
    let mut made = Vec::new();
    for attempt in attempts {
        let answer = attempt.await.unwrap();
        if answer.status == 409 {
            assert_eq!(answer.headers["retry-after"], "1");
            answer.expect_problem(409, "IDEMPOTENCY_KEY_IN_USE");
        } else {
            made.push(answer.expect(201));
        }
    }
    made.push(client.post(LISTINGS, &body).await.expect(201));
    assert!(made.len() > 1 && made.iter().all(|listing| listing == &made[0]), "{made:?}");
    assert_eq!(fixture.count("listings").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn while_another_transaction_holds_the_key_nothing_is_made_and_nobody_waits(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let body = json!({"promptId": fixture.prompts.write(&ada), "price": 1});
    let mut first = fixture.pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("{} POST {LISTINGS} k", ada.id))
        .execute(&mut *first)
        .await
        .unwrap();
    let answer = list_with_key(&fixture, &ada, "k", &body).await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(409, "IDEMPOTENCY_KEY_IN_USE");
    assert_eq!(fixture.count("listings").await, 0);
    // The first request is rolled back, so the next one creates the listing.
    first.rollback().await.unwrap();
    list_with_key(&fixture, &ada, "k", &body).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_cannot_be_recorded_is_not_made(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let body = json!({"promptId": fixture.prompts.write(&ada), "price": 1});
    sqlx::query("alter table idempotency_keys add constraint full_up check (key <> 'k') not valid")
        .execute(&fixture.pool)
        .await
        .unwrap();
    list_with_key(&fixture, &ada, "k", &body).await.expect_problem(500, "INTERNAL_ERROR");
    assert_eq!(fixture.count("listings").await, 0);
    list_with_key(&fixture, &ada, "l", &body).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn keys_are_forgotten_after_a_day_and_with_their_account(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    for (seller, key) in [(&ada, "recent"), (&bob, "bobs")] {
        let body = json!({"promptId": fixture.prompts.write(seller), "price": 1});
        list_with_key(&fixture, seller, key, &body).await.expect(201);
    }
    sqlx::query(
        "insert into idempotency_keys
             (user_id, route, key, request_digest, status, body, created_at)
         select user_id, route, 'old', request_digest, status, body, now() - interval '24 hours 1 second'
         from idempotency_keys where key = 'recent'",
    )
    .execute(&fixture.pool)
    .await
    .unwrap();
    let internal = fixture.app.anonymous().internal();
    internal.delete(&format!("/internal/users/{}", bob.id)).await.expect(204);
    assert_eq!(fixture.count("idempotency_keys where key = 'bobs'").await, 0);
    eventually("the old key to go", || async {
        (fixture.count("idempotency_keys where key = 'old'").await == 0).then_some(())
    })
    .await;
    assert_eq!(fixture.count("idempotency_keys where key = 'recent'").await, 1);
}
