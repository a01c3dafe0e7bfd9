//! `/analytics/dead-letters`: who may see them, pages, replays.

use auth::{Identity, Role};
use serde_json::{Value, json};
use sqlx::{Executor, PgPool};
use testkit::{Client, eventually, user};

use crate::support::{Fixture, Message, created, registered, start, viewed};

pub fn admin(fixture: &Fixture) -> Client {
    let admin = Identity { roles: vec![Role::User, Role::Admin], ..user("root") };
    fixture.app.anonymous().forwarded_for(&admin)
}

async fn letters_when(admin: &Client, count: u64) -> Vec<Value> {
    eventually(&format!("{count} dead letters"), || async {
        let page = admin.get("/analytics/dead-letters?size=100").await.expect(200);
        (page["totalElements"] == count).then(|| page["content"].as_array().unwrap().clone())
    })
    .await
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn only_administrators_see_dead_letters_and_the_pipeline(pool: PgPool) {
    let fixture = start(&pool).await;
    let id = ids::DeadLetterId::new();
    let (anyone, someone) =
        (fixture.app.anonymous(), fixture.app.anonymous().forwarded_for(&user("ada")));
    let paths = [
        "/analytics/dead-letters".to_owned(),
        format!("/analytics/dead-letters/{id}"),
        "/analytics/pipeline".to_owned(),
    ];
    for path in &paths {
        anyone.get(path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
        someone.get(path).await.expect_problem(403, "FORBIDDEN");
    }
    let replay = format!("/analytics/dead-letters/{id}/replay");
    anyone.post(&replay, json!({})).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    someone.post(&replay, json!({})).await.expect_problem(403, "FORBIDDEN");
    let admin = admin(&fixture);
    admin.get(&paths[1]).await.expect_problem(404, "DEAD_LETTER_NOT_FOUND");
    admin.post(&replay, json!({})).await.expect_problem(404, "DEAD_LETTER_NOT_FOUND");
    admin.get("/analytics/dead-letters/7").await.expect(400);
    admin.get("/analytics/dead-letters?replayed=perhaps").await.expect(400);
    admin.get("/analytics/dead-letters?cursor=x").await.expect(400);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn dead_letters_are_listed_newest_first_in_pages_of_a_mebibyte_at_most(pool: PgPool) {
    let fixture = start(&pool).await;
    // Reasons that quote the message, and binary payloads.
    for size in 0..100 {
        let id: String = "\u{1}".repeat(9_000 + size);
        let payload = json!({"eventType": id, "schemaVersion": 1}).to_string();
        fixture.deliver(&[Message::of(registered()).saying(&payload)]).await;
    }
    let admin = admin(&fixture);
    let letters = letters_when(&admin, 100).await;
    let page = admin.get("/analytics/dead-letters?size=100").await;
    assert!(page.text.len() < 1024 * 1024, "{}", page.text.len());
    let ids: Vec<&str> = letters.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|one, next| one > next));
    assert!(letters.iter().all(|it| it["size"].as_u64() > Some(9_000)));
    assert!(letters.iter().all(|it| it["replayedAt"].is_null()));

    let first = admin.get("/analytics/dead-letters?size=60").await.expect(200);
    let path = format!(
        "/analytics/dead-letters?size=60&cursor={}",
        first["nextCursor"].as_str().unwrap(),
    );
    let second = admin.get(&path).await.expect(200);
    assert_eq!(second["content"].as_array().unwrap()[..], letters[60..]);
    for (query, count) in
        [("topic=prompt.viewed", 0), ("topic=user.registered", 100), ("replayed=true", 0)]
    {
        let page = admin.get(&format!("/analytics/dead-letters?{query}")).await.expect(200);
        assert_eq!(page["totalElements"], count, "{query}");
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_letter_that_cannot_be_read_stays_refused_and_is_one_letter(pool: PgPool) {
    let fixture = start(&pool).await;
    fixture.deliver(&[Message::of(registered()).saying("poison")]).await;
    let admin = admin(&fixture);
    let letter = letters_when(&admin, 1).await.remove(0);
    let path = format!("/analytics/dead-letters/{}", letter["id"].as_str().unwrap());
    for _ in 0..2 {
        let replay = admin.post(&format!("{path}/replay"), json!({})).await.expect(200);
        assert_eq!(replay["outcome"], "REFUSED");
        assert_eq!(replay["reason"], letter["reason"]);
        assert!(replay["replayedAt"].is_null());
    }
    letters_when(&admin, 1).await;
    let whole = admin.get(&path).await.expect(200);
    assert_eq!(whole["payload"], "poison");
    assert_eq!(whole["payloadIsBase64"], false);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_letter_that_can_be_applied_by_now_counts_once_also_when_replayed_twice_at_once(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let prompt = created("Refused for a while");
    let constraint = "alter table prompt_activity_events add constraint refused check (false)";
    pool.execute(constraint).await.unwrap();
    fixture.publish([viewed(&prompt, None)]).await;
    let admin = admin(&fixture);
    let letter = letters_when(&admin, 1).await.remove(0);
    let path = format!("/analytics/dead-letters/{}", letter["id"].as_str().unwrap());
    let replay = format!("{path}/replay");
    let refused = admin.post(&replay, json!({})).await.expect(200);
    assert_eq!(refused["outcome"], "REFUSED");

    pool.execute("alter table prompt_activity_events drop constraint refused").await.unwrap();
    let body = json!({});
    let (one, other) = tokio::join!(admin.post(&replay, &body), admin.post(&replay, &body));
    let mut outcomes = [one, other].map(|it| it.expect(200)["outcome"].to_string());
    outcomes.sort();
    assert_eq!(outcomes, ["\"ALREADY_APPLIED\"", "\"APPLIED\""]);
    fixture.stats_when("promptViewsLast24h", 1).await;
    let again = admin.post(&replay, &body).await.expect(200);
    assert_eq!(again["outcome"], "ALREADY_APPLIED");
    assert_eq!(admin.get(&path).await.expect(200)["replayedAt"], again["replayedAt"]);
    letters_when(&admin, 1).await;
    let replayed = admin.get("/analytics/dead-letters?replayed=true").await.expect(200);
    assert_eq!(replayed["totalElements"], 1);
}
