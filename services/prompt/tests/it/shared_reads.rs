//! Reading lists, comments, ratings and numbers from the cache: nobody sees what they may not, or what is no
//! longer so.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::{PgPool, query, query_scalar};
use testkit::{Answer, Client, eventually, user};

use crate::{
    list_support::titles,
    support::{create, make_premium, path, private, reviewer, start},
};

/// Reads twice, so that the second answer may come from the cache, and returns that.
async fn read(client: &Client, path: &str) -> Answer {
    client.get(path).await;
    client.get(path).await
}

fn etag(answer: &Answer) -> &str {
    answer.headers["etag"].to_str().unwrap()
}

fn id(prompt: &Value) -> &str {
    prompt["id"].as_str().unwrap()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn every_list_shows_a_change_at_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let author = user("ada");
    let ada = anonymous.forwarded_for(&author);
    let eve = anonymous.forwarded_for(&user("eve"));
    let by_author = format!("/prompts/user/{}", author.id);
    let lists = [
        "/prompts/public",
        "/prompts/trending",
        "/prompts/top-rated",
        "/prompts/category/Programming",
        "/prompts/tag/rust",
        &by_author,
    ];
    let show = async |shown: &[&str]| {
        for list in lists {
            for reader in [&anonymous, &eve] {
                let page = read(reader, list).await.expect(200);
                assert_eq!(titles(&page), shown, "{list}");
                assert_eq!(page["totalElements"], shown.len(), "{list}");
            }
        }
    };
    show(&[]).await;
    let created = create(&ada, reviewer()).await;
    let prompt = path(&created);
    show(&["Code reviewer"]).await;
    ada.put(&prompt, json!({"title": "Second"})).await.expect(200);
    show(&["Second"]).await;
    make_premium(&fixture, &created).await;
    for list in lists {
        assert_eq!(read(&anonymous, list).await.expect(200)["content"][0]["isPremium"], true);
    }
    ada.put(&prompt, private(json!({}))).await.expect(200);
    show(&[]).await;
    ada.put(&prompt, json!({"visibility": "PUBLIC"})).await.expect(200);
    show(&["Second"]).await;
    assert_eq!(ada.delete(&prompt).await.status, 204);
    show(&[]).await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn lists_show_a_like_to_who_gave_it_and_its_count_to_all(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let like = format!("/api/social/likes/{}", id(&created));
    for _ in 0..2 {
        eve.post("/api/social/likes", json!({"promptId": created["id"]})).await.expect(201);
        for (reader, liked) in [(&eve, true), (&anonymous, false), (&ada, false), (&eve, true)] {
            let item = &read(reader, "/prompts/public").await.expect(200)["content"][0];
            assert_eq!((&item["userHasLiked"], &item["likesCount"]), (&json!(liked), &json!(1)));
        }
        let own = read(&eve, "/prompts/public").await;
        assert_ne!(etag(&own), etag(&read(&anonymous, "/prompts/public").await));
        assert_eq!(own.headers["cache-control"], "private, no-cache");
        eve.delete(&like).await.expect(200);
        let item = &read(&eve, "/prompts/public").await.expect(200)["content"][0];
        assert_eq!((&item["userHasLiked"], &item["likesCount"]), (&json!(false), &json!(0)));
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_page_that_the_reader_has_is_not_sent_again_until_it_changes(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let created = create(&ada, reviewer()).await;
    let comment = json!({"promptId": created["id"], "content": "Nice."});
    ada.post("/api/social/comments", comment).await.expect(201);
    let of_prompt = |start: &str| format!("/api/social/{start}/{}", id(&created));
    for path in [
        "/prompts/public",
        "/prompts/categories",
        "/prompts/tags",
        &of_prompt("comments"),
        &of_prompt("ratings"),
        &of_prompt("stats"),
    ] {
        // Names are summed up by a job.
        eventually(path, async || {
            let tag = etag(&anonymous.get(path).await).to_owned();
            let again = anonymous.with_header("if-none-match", &tag).get(path).await;
            (again.status == 304 && again.text.is_empty() && etag(&again) == tag).then_some(())
        })
        .await;
    }
    let tag = etag(&anonymous.get("/prompts/public").await).to_owned();
    ada.put(&path(&created), json!({"title": "Second"})).await.expect(200);
    anonymous.with_header("if-none-match", &tag).get("/prompts/public").await.expect(200);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_cursor_of_a_shared_page_belongs_to_the_path_that_was_asked_for(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, reviewer()).await;
    create(&ada, reviewer()).await;
    for category in ["Programming", "programming", "PROGRAMMING"] {
        let list = format!("/prompts/category/{category}?size=1");
        let page = read(&anonymous, &list).await.expect(200);
        let cursor = page["nextCursor"].as_str().unwrap();
        let next = anonymous.get(&format!("{list}&cursor={cursor}")).await.expect(200);
        assert_eq!(next["content"].as_array().unwrap().len(), 1, "{category}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn comments_show_at_once_what_happened_to_them_and_to_their_prompt(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let list = format!("/api/social/comments/{}", id(&created));
    let show = async |shown: Value| {
        for reader in [&anonymous, &ada, &eve] {
            let page = read(reader, &list).await.expect(200);
            let texts: Vec<_> = page["content"].as_array().unwrap().iter().collect();
            let texts: Vec<_> = texts.into_iter().map(|it| it["content"].clone()).collect();
            assert_eq!(Value::from(texts), shown);
        }
    };
    show(json!([])).await;
    let about = json!({"promptId": created["id"], "content": "Nice."});
    let comment = eve.post("/api/social/comments", about).await.expect(201);
    show(json!(["Nice."])).await;
    let comment = format!("/api/social/comments/{}", id(&comment));
    eve.put(&comment, json!({"content": "Very nice."})).await.expect(200);
    show(json!(["Very nice."])).await;
    ada.post(&format!("{comment}/like"), json!({})).await.expect(201);
    for (reader, liked) in [(&ada, true), (&eve, false), (&anonymous, false)] {
        let item = &read(reader, &list).await.expect(200)["content"][0];
        assert_eq!((&item["userHasLiked"], &item["likesCount"]), (&json!(liked), &json!(1)));
    }
    ada.put(&path(&created), private(json!({}))).await.expect(200);
    for of_prompt in ["comments", "ratings", "stats"] {
        let path = format!("/api/social/{of_prompt}/{}", id(&created));
        for reader in [&anonymous, &eve] {
            reader.get(&path).await.expect_problem(404, "PROMPT_NOT_FOUND");
        }
        ada.get(&path).await.expect(200);
    }
    ada.put(&path(&created), json!({"visibility": "UNLISTED"})).await.expect(200);
    assert_eq!(eve.delete(&comment).await.status, 204);
    show(json!([])).await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_rating_is_shown_to_who_gave_it_and_counted_for_all(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let created = create(&ada, reviewer()).await;
    let (summary, stats) = (
        format!("/api/social/ratings/{}", id(&created)),
        format!("/api/social/stats/{}", id(&created)),
    );
    for rating in [4, 2] {
        read(&anonymous, &summary).await;
        let rate = json!({"promptId": created["id"], "rating": rating});
        eve.post("/api/social/ratings", rate).await;
        for (reader, own) in [(&eve, json!(rating)), (&anonymous, Value::Null), (&ada, Value::Null)]
        {
            let shown = read(reader, &summary).await.expect(200);
            assert_eq!((&shown["userRating"], &shown["ratingsCount"]), (&own, &json!(1)));
            let shown = read(reader, &stats).await.expect(200);
            assert_eq!(shown["averageRating"], json!(f64::from(rating)));
        }
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn of_many_at_once_who_ask_for_a_cold_prompt_one_asks_the_database(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let created = create(&anonymous.forwarded_for(&user("ada")), reviewer()).await;
    let mut tx = pool.begin().await.unwrap();
    query("lock table prompts in access exclusive mode").execute(&mut *tx).await.unwrap();
    let readers: Vec<_> = (0..1000)
        .map(|_| {
            let (reader, prompt) = (fixture.app.anonymous(), path(&created));
            tokio::spawn(async move { reader.get(&prompt).await.status })
        })
        .collect();
    let waiting = async || -> i64 {
        let sql = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
        query_scalar(sql).fetch_one(&mut *pool.acquire().await.unwrap()).await.unwrap()
    };
    eventually("the read waits", async || (waiting().await > 0).then_some(())).await;
    // What others would ask for has come by then.
    fixture.app.anonymous().get("/health/live").await.expect(200);
    assert_eq!(waiting().await, 1);
    tx.commit().await.unwrap();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), 200);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_prompt_that_was_asked_for_before_it_was_there_is_found_from_then_on(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let template = create(&ada, reviewer()).await;
    let new = PromptId::new();
    let paths = [format!("/prompts/{new}"), format!("/api/social/stats/{new}")];
    for path in &paths {
        read(&anonymous, path).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
    // As if another instance had created it.
    query(
        "with created as (
             insert into prompts (id, user_id, username, title, content, category, visibility)
             select $1, user_id, username, title, content, category, visibility from prompts
             returning id)
         insert into prompt_counters (prompt_id, listed) select id, true from created",
    )
    .bind(new)
    .execute(&pool)
    .await
    .unwrap();
    for path in &paths {
        anonymous.get(path).await.expect(200);
    }
    assert_ne!(template["id"], json!(new));
}
