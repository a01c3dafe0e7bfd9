//! Views and uses: who counts as a viewer, and when counts are written.

use std::collections::HashSet;

use http::Method;
use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, consume, eventually, user};

use crate::support::{create, path, private, reviewer, start, start_with_local_broker};

async fn views_of(client: &Client, prompt: &Value) -> i64 {
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    client.get(&stats).await.expect(200)["viewsCount"].as_i64().unwrap()
}

/// Returns the views in the database, without a request.
async fn written(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select sum(views_count)::bigint from prompt_counters")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Returns an anonymous client, as the gateway forwards it.
fn stranger(client: &Client, address: &str, agent: &str) -> Client {
    client.internal().with_header("x-forwarded-for", address).with_header("user-agent", agent)
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn every_reader_counts_once_except_the_author_whichever_version_is_read(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    ada.put(&path(&prompt), json!({"title": "Second"})).await.expect(200);
    for _ in 0..5 {
        for (reader, query) in
            [(&ada, ""), (&ada, "?version=1"), (&eve, ""), (&eve, "?version=1"), (&anonymous, "")]
        {
            reader.get(&format!("{}{query}", path(&prompt))).await.expect(200);
        }
    }
    // Stats, lists and versions do not count as views.
    eve.get("/prompts/public").await.expect(200);
    eve.get(&format!("{}/versions/1", path(&prompt))).await.expect(200);
    eventually("both readers to be counted", || async {
        (views_of(&ada, &prompt).await >= 2).then_some(())
    })
    .await;
    // One more, which is counted after all of the above.
    let bob = anonymous.forwarded_for(&user("bob"));
    bob.get(&path(&prompt)).await.expect(200);
    eventually("one more", || async { (views_of(&ada, &prompt).await >= 3).then_some(()) }).await;
    assert_eq!(views_of(&ada, &prompt).await, 3);
    let told = consume(fixture.broker.address(), "prompt.viewed", 3).await;
    assert!(told.iter().all(|(key, event)| key == &prompt["id"] && event["title"] == "Second"));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_stranger_is_an_address_and_a_user_agent_and_an_event_says_only_which_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let (first, second) = (create(&ada, reviewer()).await, create(&ada, reviewer()).await);
    let strangers = [
        stranger(&anonymous, "203.0.113.7", "Firefox"),
        stranger(&anonymous, "203.0.113.7", "Safari"),
        stranger(&anonymous, "203.0.113.8", "Firefox"),
    ];
    for _ in 0..4 {
        for stranger in &strangers {
            stranger.get(&path(&first)).await.expect(200);
        }
    }
    strangers[0].get(&path(&second)).await.expect(200);
    // A forged address from outside the fleet is ignored.
    for address in ["203.0.113.9", "203.0.113.10"] {
        let forged = anonymous.with_header("x-forwarded-for", address);
        forged.get(&path(&first)).await.expect(200);
    }
    let reader = user("eve");
    anonymous.forwarded_for(&reader).get(&path(&first)).await.expect(200);
    let told = consume(fixture.broker.address(), "prompt.viewed", 6).await;
    let (mut keys, mut accounts) = (Vec::new(), Vec::new());
    for (_, event) in &told {
        match event["viewerKey"].as_str() {
            Some(key) => keys.push((event["promptId"].clone(), key)),
            None => accounts.push(event["userId"].clone()),
        }
        let text = event.to_string();
        assert!(!text.contains("203.0.113") && !text.contains("Firefox"), "{text}");
    }
    assert_eq!(accounts, [json!(reader.id)], "an account needs no key");
    let of_second: Vec<_> = keys.iter().filter(|(prompt, _)| *prompt == second["id"]).collect();
    let distinct: HashSet<_> = keys.iter().map(|(_, key)| key).collect();
    assert_eq!((keys.len(), distinct.len()), (5, 4));
    assert!(keys.iter().any(|(prompt, key)| *prompt == first["id"] && *key == of_second[0].1));
    fixture.app.stop().await;
    assert_eq!(written(&pool).await, 6, "views count what the events say");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn to_ask_for_the_head_is_no_view(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let eve = anonymous.forwarded_for(&user("eve"));
    for reader in [&eve, &anonymous] {
        let answer = reader.try_call(Method::HEAD, &path(&prompt), None::<&()>).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
        assert!(answer.headers["etag"].to_str().unwrap().starts_with("\"1-"));
    }
    // It is not remembered as a view either.
    eve.get(&path(&prompt)).await.expect(200);
    let told = consume(fixture.broker.address(), "prompt.viewed", 1).await;
    assert!(told[0].1["userId"].is_string());
    fixture.app.stop().await;
    assert_eq!(written(&pool).await, 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_is_not_found_is_not_counted(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let hidden = create(&ada, private(reviewer())).await;
    let shown = create(&ada, reviewer()).await;
    eve.get(&path(&hidden)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.get(&format!("/prompts/{}", PromptId::new())).await.expect_problem(404, "PROMPT_NOT_FOUND");
    for query in ["?version=2", "?label=production"] {
        assert_eq!(eve.get(&format!("{}{query}", path(&shown))).await.status, 404, "{query}");
    }
    eve.get(&path(&shown)).await.expect(200);
    let told = consume(fixture.broker.address(), "prompt.viewed", 1).await;
    assert_eq!(told[0].0, shown["id"].as_str().unwrap());
    fixture.app.stop().await;
    assert_eq!(written(&pool).await, 1, "only the one that was seen");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_view_just_before_a_stop_is_written_before_the_process_ends(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    for address in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        let stranger = stranger(&fixture.app.anonymous(), address, "Firefox");
        stranger.get(&path(&prompt)).await.expect(200);
    }
    fixture.app.stop().await;
    assert_eq!(written(&pool).await, 3);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn with_the_broker_away_a_view_is_answered_and_counted_and_told_of_later(pool: PgPool) {
    let (app, broker) = start_with_local_broker(&pool).await;
    let ada = app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    broker.down().unwrap();
    app.anonymous().get(&path(&prompt)).await.expect(200);
    eventually("the view to be counted", || async {
        (views_of(&ada, &prompt).await == 1).then_some(())
    })
    .await;
    broker.up().unwrap();
    consume(broker.address(), "prompt.viewed", 1).await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn views_that_cannot_be_written_wait_until_they_can(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    // More prompts than one statement writes, one of them created through the service.
    sqlx::query(
        "with prompt as (
             insert into prompts (id, user_id, username, title, content, category, visibility)
             select gen_random_uuid(), gen_random_uuid(), 'ada', 'Title ' || i, 'The content', 'Writing',
                    'UNLISTED'
             from generate_series(1, 600) i returning id)
         insert into prompt_counters (prompt_id, listed) select id, false from prompt",
    )
    .execute(&pool)
    .await
    .unwrap();
    let ids: Vec<sqlx::types::Uuid> =
        sqlx::query_scalar("select id from prompts").fetch_all(&pool).await.unwrap();
    let refuse = "create function refuse() returns trigger language plpgsql
                  as $$ begin raise exception 'not now'; end $$";
    sqlx::query(refuse).execute(&pool).await.unwrap();
    sqlx::query(
        "create trigger refuse before update on prompt_counters
         for each row execute function refuse()",
    )
    .execute(&pool)
    .await
    .unwrap();

    let anonymous = fixture.app.anonymous();
    for chunk in ids.chunks(20) {
        let reads = chunk.iter().map(|id| {
            let (anonymous, path) = (anonymous.clone(), format!("/prompts/{id}"));
            tokio::spawn(async move { anonymous.get(&path).await.expect(200) })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.unwrap();
        }
    }
    assert_eq!(written(&pool).await, 0);
    sqlx::query("drop trigger refuse on prompt_counters").execute(&pool).await.unwrap();
    eventually("all views to be written", || async { (written(&pool).await == 601).then_some(()) })
        .await;
    // What is shown may be a second old.
    eventually("each prompt has its own", || async {
        (views_of(&ada, &prompt).await == 1).then_some(())
    })
    .await;
}
