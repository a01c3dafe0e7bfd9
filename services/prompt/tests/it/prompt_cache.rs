//! Reading a prompt from the cache: nobody sees what they may not, or what is no longer so.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, eventually, user};

use crate::{
    premium_fixture::{PremiumFixture, SECRETS},
    support::{admin, create, license, make_premium, path, private, reviewer, start},
};

/// Reads a prompt twice, so that the second answer may come from the cache, and returns that.
async fn read(client: &Client, prompt: &str) -> Answer {
    client.get(prompt).await;
    client.get(prompt).await
}

fn etag(answer: &Answer) -> &str {
    answer.headers["etag"].to_str().unwrap()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_change_shows_at_once_to_everyone_who_read_before_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let prompt = path(&created);
    let readers = [&ada, &eve, &anonymous];
    let all = async |field: &str, value: Value| {
        for reader in readers {
            assert_eq!(read(reader, &prompt).await.expect(200)[field], value, "{field}");
        }
    };
    all("title", json!("Code reviewer")).await;
    ada.put(&prompt, json!({"title": "Second"})).await.expect(200);
    all("title", json!("Second")).await;
    ada.put(&format!("{prompt}/labels/production"), json!({"version": 2})).await.expect(200);
    all("labels", json!(["latest", "production"])).await;
    ada.put(&format!("{prompt}/labels/production"), json!({"version": 1})).await.expect(200);
    all("labels", json!(["latest"])).await;
    let about = json!({"promptId": created["id"], "content": "Nice.", "rating": 4});
    eve.post("/api/social/comments", &about).await.expect(201);
    all("commentsCount", json!(1)).await;
    eve.post("/api/social/ratings", &about).await.expect(201);
    all("averageRating", json!(4.0)).await;
    eve.post("/api/social/likes", &about).await.expect(201);
    all("likesCount", json!(1)).await;
    eve.post(&format!("{prompt}/fork"), json!({})).await.expect(201);
    all("forksCount", json!(1)).await;
    ada.put(&prompt, json!({"visibility": "PRIVATE"})).await.expect(200);
    for reader in [&eve, &anonymous] {
        reader.get(&prompt).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
    assert_eq!(read(&ada, &prompt).await.expect(200)["title"], "Second");
    ada.put(&prompt, json!({"visibility": "UNLISTED"})).await.expect(200);
    all("visibility", json!("UNLISTED")).await;
    assert_eq!(ada.delete(&prompt).await.status, 204);
    for reader in readers {
        reader.get(&prompt).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn who_likes_a_prompt_sees_that_and_nobody_else_does(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let prompt = path(&created);
    let like = format!("/api/social/likes/{}", created["id"].as_str().unwrap());
    for _ in 0..2 {
        eve.post("/api/social/likes", json!({"promptId": created["id"]})).await.expect(201);
        for (reader, liked) in [(&eve, true), (&anonymous, false), (&ada, false), (&eve, true)] {
            assert_eq!(read(reader, &prompt).await.expect(200)["userHasLiked"], liked);
        }
        let (own, others) = (read(&eve, &prompt).await, read(&anonymous, &prompt).await);
        assert_ne!(etag(&own), etag(&others));
        eve.delete(&like).await.expect(200);
        for reader in [&eve, &anonymous, &ada] {
            assert_eq!(read(reader, &prompt).await.expect(200)["userHasLiked"], false);
        }
        assert_ne!(etag(&own), etag(&read(&eve, &prompt).await));
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_is_withheld_is_shown_to_its_buyers_only_and_while_they_hold_a_licence(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let prompt = path(&premium.prompt);
    let buyer = user("buyer");
    let (owner, buyer_client) =
        (premium.client(Some(&premium.author)), premium.client(Some(&buyer)));
    let root = premium.client(Some(&admin("root")));
    let others = [premium.client(None), premium.client(Some(&user("eve")))];
    let withheld = async |client: &Client| {
        for answer in
            [read(client, &prompt).await, read(client, &format!("{prompt}?version=3")).await]
        {
            for secret in SECRETS {
                assert!(!answer.text.contains(secret), "{}", answer.text);
            }
            assert_eq!(answer.expect(200)["content"], Value::Null);
        }
    };
    for _ in 0..2 {
        for reader in [&owner, &root] {
            assert!(read(reader, &prompt).await.text.contains(SECRETS[2]));
        }
        withheld(&buyer_client).await;
        let before = etag(&read(&buyer_client, &prompt).await).to_owned();
        let grant = premium.grant(&buyer, None).await;
        let bought = read(&buyer_client, &prompt).await;
        assert!(bought.text.contains(SECRETS[2]), "{}", bought.text);
        assert_ne!(etag(&bought), before);
        for client in &others {
            withheld(client).await;
        }
        owner.internal().delete(&grant).await.expect(200);
        withheld(&buyer_client).await;
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_prompt_that_is_sold_or_hidden_from_now_on_is_withheld_at_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve, holder) = (user("ada"), user("eve"), user("holder"));
    let ada = anonymous.forwarded_for(&ada);
    let eve = anonymous.forwarded_for(&eve);
    let created = create(&ada, reviewer()).await;
    let prompt = path(&created);
    for reader in [&ada, &eve, &anonymous] {
        assert_eq!(read(reader, &prompt).await.expect(200)["content"], created["content"]);
    }
    make_premium(&fixture, &created).await;
    for reader in [&eve, &anonymous] {
        assert_eq!(read(reader, &prompt).await.expect(200)["content"], Value::Null);
    }
    license(&fixture, &created, &holder, 1).await;
    let holder = anonymous.forwarded_for(&holder);
    assert_eq!(read(&holder, &prompt).await.expect(200)["content"], created["content"]);
    // What was bought stays readable; the next version too.
    let secret = json!({"visibility": "PRIVATE", "content": "A secret for those who paid."});
    ada.put(&prompt, secret).await.expect(200);
    assert!(read(&holder, &prompt).await.text.contains("A secret"));
    for reader in [&eve, &anonymous] {
        reader.get(&prompt).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_deleted_account_s_name_is_gone_from_what_was_read_before(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = user("ada");
    let prompt = path(&create(&anonymous.forwarded_for(&ada), reviewer()).await);
    assert_eq!(read(&anonymous, &prompt).await.expect(200)["username"], "ada");
    let gone = anonymous.internal().delete(&format!("/internal/users/{}", ada.id)).await;
    assert_eq!(gone.status, 204);
    assert!(!read(&anonymous, &prompt).await.text.contains("ada"));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_reader_who_has_the_answer_is_told_so_until_it_changes(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let prompt = path(&created);
    for (reader, caching) in [(&anonymous, "no-cache"), (&eve, "private, no-cache")] {
        let answer = read(reader, &prompt).await;
        assert_eq!(answer.headers["cache-control"], caching);
        assert_eq!(answer.headers["vary"], "authorization");
    }
    let knows = |client: &Client, tag: &str| client.with_header("if-none-match", tag);
    // The views of before may still be counted between two reads.
    let same = eventually("the counts rest", async || {
        let tag = etag(&eve.get(&prompt).await).to_owned();
        let again = knows(&eve, &tag).get(&prompt).await;
        (again.status == 304).then_some(again)
    })
    .await;
    assert_eq!(same.text, "");
    assert!(same.headers.contains_key("etag") && same.headers.contains_key("cache-control"));
    let tag = etag(&same).to_owned();
    eve.post("/api/social/likes", json!({"promptId": created["id"]})).await.expect(201);
    knows(&eve, &tag).get(&prompt).await.expect(200);
    let tag = etag(&eve.get(&prompt).await).to_owned();
    ada.put(&prompt, json!({"title": "Second"})).await.expect(200);
    assert_eq!(knows(&eve, &tag).get(&prompt).await.expect(200)["title"], "Second");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_like_since_is_in_no_editor_s_way(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let prompt = path(&created);
    let tag = etag(&ada.get(&prompt).await).to_owned();
    let tab = ada.with_header("if-match", &tag);
    eve.post("/api/social/likes", json!({"promptId": created["id"]})).await.expect(201);
    make_premium(&fixture, &created).await;
    tab.put(&prompt, json!({"title": "Second"})).await.expect(200);
    tab.put(&prompt, json!({"title": "Third"})).await.expect_problem(412, "PROMPT_CHANGED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_one_instance_changes_the_others_show_soon(pool: PgPool) {
    let fixture = start(&pool).await;
    let other = fixture.another_instance(&pool).await;
    let ada = user("ada");
    let here = fixture.app.anonymous().forwarded_for(&ada);
    let there = other.anonymous();
    let shows = async |prompt: &str, what: &str, shown: &dyn Fn(&Answer) -> bool| {
        eventually(what, async || shown(&there.get(prompt).await).then_some(())).await;
    };
    let created = create(&here, reviewer()).await;
    let prompt = path(&created);
    there.get(&prompt).await.expect(200);
    here.put(&prompt, json!({"title": "Second"})).await.expect(200);
    shows(&prompt, "an edit", &|answer| answer.json["title"] == "Second").await;
    make_premium(&fixture, &created).await;
    shows(&prompt, "a sale", &|answer| answer.json["content"].is_null()).await;
    here.put(&prompt, private(json!({}))).await.expect(200);
    shows(&prompt, "a hidden prompt", &|answer| answer.status == 404).await;
    here.put(&prompt, json!({"visibility": "PUBLIC"})).await.expect(200);
    there.get(&prompt).await.expect(200);
    assert_eq!(here.delete(&prompt).await.status, 204);
    shows(&prompt, "a deletion", &|answer| answer.status == 404).await;
}
