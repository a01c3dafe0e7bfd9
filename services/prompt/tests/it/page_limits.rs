//! No page of a list is larger than 1 MiB, and none has contents unless they are asked for.

use auth::Identity;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, TestApp, user};

use crate::{
    search_support::indexed,
    support::{create, path, reviewer, start},
};

const MIB: usize = 1024 * 1024;

/// Inserts a hundred prompts with these `columns`, as a bulk load does, and waits until they are indexed.
async fn hundred_prompts(pool: &PgPool, app: &TestApp, author: &Identity, columns: &str) {
    let load = format!(
        "insert into prompts (id, user_id, username, category, tags, visibility, title, content,
                              description)
         select gen_random_uuid(), '{}', 'ada', 'Writing', {columns} from generate_series(1, 100) n;
         insert into prompt_counters (prompt_id, listed) select id, true from prompts",
        author.id
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(load)).execute(pool).await.unwrap();
    indexed(pool, &app.anonymous()).await;
}

fn lists(author: &Identity) -> Vec<String> {
    let lists = [
        "/prompts/public?",
        "/prompts/my-prompts?",
        "/prompts/category/Writing?",
        "/prompts/tag/Long?",
        "/prompts/trending?",
        "/prompts/top-rated?",
        "/prompts/search?keyword=long&",
    ];
    let mut lists: Vec<_> = lists.into_iter().map(str::to_owned).collect();
    lists.push(format!("/prompts/user/{}?", author.id));
    lists
}

/// Returns a page of a hundred items, and the number of them that have this field.
async fn page(client: &Client, list: &str, query: &str, field: &str) -> (Value, usize) {
    let answer = client.get(&format!("{list}size=100{query}")).await;
    let size = answer.text.len();
    assert!(size <= MIB, "{list}: {size}");
    let page = answer.expect(200);
    let items = page["content"].as_array().unwrap();
    assert_eq!(items.len(), 100, "{list}");
    let with = items.iter().filter(|item| !item[field].is_null()).count();
    (page, with)
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn lists_have_previews_and_as_many_contents_as_fit_when_they_are_asked_for(pool: PgPool) {
    let fixture = start(&pool).await;
    let author = user("ada");
    let ada = fixture.app.anonymous().forwarded_for(&author);
    hundred_prompts(
        &pool,
        &fixture.app,
        &author,
        "'{Long}', 'PUBLIC', 'Long ' || n, '{{topic}}' || repeat('é', 99991), null",
    )
    .await;
    let preview = format!("{{{{topic}}}}{}", "é".repeat(191));
    for list in lists(&author) {
        let (brief, with) = page(&ada, &list, "", "content").await;
        assert_eq!((with, brief.get("contentTruncated")), (0, None), "{list}");
        let first = &brief["content"][0];
        assert_eq!(first["contentPreview"], preview, "{list}");
        assert_eq!(first["variables"], json!(["topic"]), "{list}");

        let (full, with) = page(&ada, &list, "&include=content", "content").await;
        // Each takes 200 KB.
        assert_eq!((with, &full["contentTruncated"]), (4, &json!(true)), "{list}");
        assert_eq!(full["content"][0]["content"].as_str().unwrap().chars().count(), 100_000);
        assert_eq!(full["content"][99]["contentPreview"], preview, "{list}");
        let few = ada.get(&format!("{list}size=4&include=content")).await.expect(200);
        assert_eq!(few.get("contentTruncated"), None, "{list}");
        let answer = ada.get(&format!("{list}include=everything")).await;
        answer.expect_problem(400, "VALIDATION_FAILED");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_hundred_items_of_the_longest_titles_tags_labels_and_descriptions_fit(pool: PgPool) {
    let fixture = start(&pool).await;
    let author = user("ada");
    let ada = fixture.app.anonymous().forwarded_for(&author);
    // Characters that JSON writes in six bytes, and in four.
    hundred_prompts(
        &pool,
        &fixture.app,
        &author,
        "array(select 'Long' from generate_series(1, 1)) || array(
             select repeat('🦀', 49) || m from generate_series(1, 9) m),
         'PUBLIC', 'long ' || repeat('🦀', 195), repeat(E'\\u0001', 100000), repeat(E'\\u0001', 1000)",
    )
    .await;
    let labels = "insert into prompt_labels (prompt_id, label, version)
                  select id, repeat('l', 48) || n, 1 from prompts, generate_series(10, 58) n";
    sqlx::query(labels).execute(&pool).await.unwrap();
    for list in lists(&author) {
        for query in ["", "&include=content"] {
            let (shown, with) = page(&ada, &list, query, "description").await;
            assert!((1..100).contains(&with), "{list}{query}: {with}");
            assert_eq!(shown["contentTruncated"], true, "{list}{query}");
            assert_eq!(shown["content"][99]["contentPreview"], "\u{1}".repeat(200));
        }
    }
    let (page, _) = page(&ada, "/prompts/public?", "&cursor=", "content").await;
    assert_eq!(page["content"][0]["labels"].as_array().unwrap().len(), 50);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn fifty_of_the_heaviest_lists_at_once_leave_the_database_to_others(pool: PgPool) {
    let fixture = start(&pool).await;
    let author = user("ada");
    hundred_prompts(
        &pool,
        &fixture.app,
        &author,
        "'{Long}', 'PUBLIC', 'Long ' || n, repeat('é', 100000), null",
    )
    .await;
    let anonymous = fixture.app.anonymous();
    let heavy: Vec<_> = (0..50)
        .map(|n| {
            let client = anonymous.clone();
            let list = ["/prompts/public?", "/prompts/search?keyword=long&"][n % 2];
            tokio::spawn(
                async move { client.get(&format!("{list}size=100&include=content")).await },
            )
        })
        .collect();
    // Small requests are answered meanwhile.
    while heavy.iter().any(|answer| !answer.is_finished()) {
        anonymous.get("/prompts/trending?size=1").await.expect(200);
    }
    let mut answered = 0;
    for answer in heavy {
        let answer = answer.await.unwrap();
        assert!(answer.text.len() <= MIB);
        // On a busy machine the last of them are answered with 503.
        match answer.status.as_u16() {
            200 => answered += 1,
            _ => drop(answer.expect_problem(503, "TOO_BUSY")),
        }
    }
    assert!(answered >= 5, "{answered}");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn versions_are_listed_without_their_contents_unless_they_are_asked_for(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&ada, reviewer()).await);
    let text = |n: usize| format!("{n:03}{}", "é".repeat(99_997));
    for n in 2..=12 {
        ada.put(&prompt, json!({"content": text(n)})).await.expect(200);
    }
    let versions = format!("{prompt}/versions");
    let answer = fixture.app.anonymous().get(&versions).await;
    assert!(answer.text.len() < 20_000, "{}", answer.text.len());
    let page = answer.expect(200);
    let newest = &page["content"][0];
    assert_eq!((&newest["version"], &newest["content"]), (&json!(12), &json!(null)));
    assert_eq!(newest["contentPreview"], text(12).chars().take(200).collect::<String>());
    assert_eq!(page.get("contentTruncated"), None);

    let answer = ada.get(&format!("{versions}?include=content")).await;
    assert!(answer.text.len() <= MIB, "{}", answer.text.len());
    let page = answer.expect(200);
    assert_eq!(page["contentTruncated"], true);
    for (i, version) in page["content"].as_array().unwrap().iter().enumerate() {
        let expected = if i < 5 { json!(text(12 - i)) } else { json!(null) };
        assert_eq!(version["content"], expected, "{i}");
        assert!(!version["contentPreview"].is_null());
    }
    let few = ada.get(&format!("{versions}?include=content&size=3")).await.expect(200);
    assert_eq!(few.get("contentTruncated"), None);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn comments_replies_and_reviews_stay_within_the_bound(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let id = prompt["id"].as_str().unwrap();
    let load = format!(
        "insert into prompt_comments (id, prompt_id, user_id, username, content, created_at)
         select gen_random_uuid(), '{id}', gen_random_uuid(), 'eve', n || repeat('🦀', 4990),
                now() - make_interval(secs => n)
         from generate_series(1, 100) n;
         insert into prompt_comments (id, prompt_id, user_id, username, content, parent_id)
         select gen_random_uuid(), '{id}', gen_random_uuid(), 'bob', repeat('🦀', 5000), c.id
         from prompt_comments c, generate_series(1, case when c.content like '1🦀%' then 60 else 1 end)
         where c.content ~ '^[1-5]🦀';
         insert into prompt_ratings (prompt_id, user_id, username, rating, review)
         select '{id}', gen_random_uuid(), 'eve', 5, repeat(E'\\u0001', 2000)
         from generate_series(1, 100)"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(load)).execute(&pool).await.unwrap();

    let comments = format!("/api/social/comments/{id}?");
    let (shown, with) = page(&ada, &comments, "", "content").await;
    assert!((40..60).contains(&with), "{with}");
    assert_eq!(shown["contentTruncated"], true);
    // A page of the default size has all its comments, each with its first replies.
    let usual = ada.get(&comments).await;
    assert!(usual.text.len() <= MIB);
    let usual = usual.expect(200);
    let threads = usual["content"].as_array().unwrap();
    assert!(threads.iter().all(|comment| comment["content"].is_string()));
    let replies = |i: usize| threads[i]["replies"].as_array().unwrap().len();
    assert!((2..=20).contains(&replies(0)), "{}", replies(0));
    assert_eq!(threads[0]["repliesCount"], 60);
    assert_eq!([1, 2, 3, 4].map(replies), [1; 4], "much below one takes no room from the others");

    let first = threads[0]["id"].as_str().unwrap();
    let answer = ada.get(&format!("/api/social/comments/{first}/replies?size=100")).await;
    assert!(answer.text.len() <= MIB, "{}", answer.text.len());
    assert_eq!(answer.expect(200)["contentTruncated"], true);

    let ratings = format!("/api/social/ratings/{id}/all?");
    let (shown, with) = page(&ada, &ratings, "", "review").await;
    assert!((50..100).contains(&with), "{with}");
    assert_eq!(shown["contentTruncated"], true);
}
