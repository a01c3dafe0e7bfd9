//! The prompts that a search may show, and the pages of them.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, PgPool};
use testkit::user;

use crate::{
    search_support::{indexed, prompt, search, search_path, search_with, sorted, titles},
    support::{create, path, private, start},
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn nothing_that_is_not_listed_is_found_by_anyone(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let shown = create(&ada, prompt("Shown zebra", "Zebras for everyone.")).await;
    create(&ada, private(prompt("Hidden zebra", "Zebras for me."))).await;
    for (field, value) in [("visibility", "UNLISTED"), ("status", "DRAFT"), ("status", "ARCHIVED")]
    {
        let prompt = create(&ada, prompt("Hidden zebra", "Zebras for me.")).await;
        ada.put(&path(&prompt), json!({field: value})).await.expect(200);
    }
    indexed(&pool, &anonymous).await;
    for client in [&anonymous, &ada] {
        assert_eq!(titles(&search(client, "zebra").await), ["Shown zebra"]);
    }
    // An edited prompt is found by its new text, and no longer by the old.
    ada.put(&path(&shown), json!({"title": "Shown giraffe", "content": "Giraffes for everyone."}))
        .await
        .expect(200);
    indexed(&pool, &anonymous).await;
    assert_eq!(search(&anonymous, "zebra").await["totalElements"], 0);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 1);
    ada.put(&path(&shown), json!({"visibility": "PRIVATE"})).await.expect(200);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 0);
    indexed(&pool, &anonymous).await;
    ada.put(&path(&shown), json!({"visibility": "PUBLIC"})).await.expect(200);
    indexed(&pool, &anonymous).await;
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 1);
    ada.delete(&path(&shown)).await.expect(204);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn of_a_premium_prompt_no_more_than_its_preview_is_found_or_shown(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let content = format!("An opening about dragons. {} Then the treasure.", "Filler. ".repeat(40));
    let sold = create(&ada, prompt("Sold", &content)).await;
    indexed(&pool, &anonymous).await;
    assert_eq!(search(&anonymous, "treasure").await["totalElements"], 1);
    anonymous
        .internal()
        .put(
            &format!("/internal{}/premium", path(&sold)),
            json!({"premium": true, "price": 5, "revision": 1}),
        )
        .await
        .expect(200);
    // What is not indexed anew yet may be found by what it was, and shows nothing of it.
    let page = search(&anonymous, "treasure").await.to_string();
    assert!(!page.contains("Then the") && !page.contains("<mark>"), "{page}");
    indexed(&pool, &anonymous).await;
    // Its author does not find it either: hits are the same for all callers.
    for client in [&anonymous, &ada] {
        for hidden in ["treasure", "\"the treasure\"", "treas"] {
            assert_eq!(search(client, hidden).await["totalElements"], 0, "{hidden}");
        }
    }
    let page = search(&anonymous, "dragons or treasure").await;
    assert_eq!(page["content"][0]["content"], Value::Null);
    let text = page.to_string();
    assert!(text.contains("<mark>dragons</mark>") && !text.contains("Then the"), "{text}");
    // A negated word that is withheld does not change the hits.
    assert_eq!(search(&anonymous, "dragons -treasure").await["totalElements"], 1);
    // An edit does not make it found again; the end of the sale does.
    ada.put(&path(&sold), json!({"title": "Still sold"})).await.expect(200);
    indexed(&pool, &anonymous).await;
    assert_eq!(search(&anonymous, "treasure").await["totalElements"], 0);
    anonymous
        .internal()
        .put(&format!("/internal{}/premium", path(&sold)), json!({"premium": false, "revision": 2}))
        .await
        .expect(200);
    indexed(&pool, &anonymous).await;
    assert_eq!(search(&anonymous, "treasure").await["totalElements"], 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_search_can_be_narrowed(pool: PgPool) {
    // Long enough for its language to be recognised.
    const TEXT: &str = "Writes a poem about the weather, and explains to people who have never read
        one what each of its lines means and why it was written.";
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let mut one = prompt("Poem one", TEXT);
    one["category"] = json!("Writing");
    one["tags"] = json!(["Verse", "short"]);
    let one = create(&ada, one).await;
    let mut two = prompt("Poem two", TEXT);
    two["tags"] = json!(["verse"]);
    let two = create(&ada, two).await;
    for (name, prompt, rating) in [("bob", &one, 4), ("eve", &one, 5), ("eve", &two, 2)] {
        anonymous
            .forwarded_for(&user(name))
            .post("/api/social/ratings", json!({"promptId": prompt["id"], "rating": rating}))
            .await
            .expect(201);
    }
    indexed(&pool, &anonymous).await;
    for (name, value, found) in [
        ("author", "Ada", vec!["Poem one", "Poem two"]),
        ("author", "bob", vec![]),
        ("language", "en", vec!["Poem one", "Poem two"]),
        ("language", "fr", vec![]),
        ("category", "WRITING", vec!["Poem one"]),
        ("category", "nothing", vec![]),
        ("tag", "VERSE", vec!["Poem one", "Poem two"]),
        ("tag", "short", vec!["Poem one"]),
        ("minRating", "4.5", vec!["Poem one"]),
        ("minRating", "4.6", vec![]),
        ("minRating", "2", vec!["Poem one", "Poem two"]),
        ("minRating", "0", vec!["Poem one", "Poem two"]),
    ] {
        let page = search_with(&anonymous, &[("keyword", "poem"), (name, value)]).await;
        assert_eq!(sorted(&page), found, "{name}={value}");
    }
    // The prompt with the better rating comes first.
    assert_eq!(titles(&search(&anonymous, "poem").await), ["Poem one", "Poem two"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn hits_can_be_paged_by_number_and_by_cursor(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    for n in 0..7 {
        create(&ada, prompt(&format!("Whale {n}"), "Sings like a whale.")).await;
    }
    indexed(&pool, &anonymous).await;
    let whole = search(&anonymous, "whale").await;
    let (mut by_number, mut by_cursor) = (Vec::new(), Vec::new());
    let mut next: Option<String> = None;
    for number in ["0", "1", "2", "3"] {
        let query = [("keyword", "whale"), ("size", "2"), ("page", number)];
        let page = search_with(&anonymous, &query).await;
        assert_eq!(page["totalElements"], 7);
        by_number.extend(titles(&page).into_iter().map(str::to_owned));
        let page = match &next {
            None => page,
            Some(cursor) => {
                let query = [("keyword", "whale"), ("size", "2"), ("cursor", cursor.as_str())];
                search_with(&anonymous, &query).await
            }
        };
        by_cursor.extend(titles(&page).into_iter().map(str::to_owned));
        next = page["nextCursor"].as_str().map(str::to_owned);
    }
    assert_eq!(next, None);
    assert_eq!(by_number, titles(&whole));
    assert_eq!(by_cursor, titles(&whole));
    let beyond = search_with(&anonymous, &[("keyword", "whale"), ("page", "9")]).await;
    assert_eq!((&beyond["totalElements"], &beyond["content"]), (&json!(7), &json!([])));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn no_content_is_too_much_to_be_indexed(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut distinct = String::new();
    for n in 0.. {
        if distinct.len() > 99_000 {
            break;
        }
        distinct.push_str(&format!("{n:x} "));
    }
    let letter = |n: u32| char::from_u32(n).unwrap();
    let hostile = [
        distinct,
        "x".repeat(100_000),
        // Every pair is different, with 4 bytes a character.
        (0..100_000).map(|n| letter(0x20000 + n * 7 % 40_000)).collect(),
        (0..100_000).map(|n| letter(0x4E00 + n * 7 % 20_000)).collect(),
        "🦀".repeat(100_000),
        "\u{301}".repeat(100_000),
        "' \\ & | ! :* ".repeat(7_000),
    ];
    for content in hostile {
        let mut body = prompt(&"\u{20000}".repeat(200), &format!("findable {content}"));
        body["content"] =
            json!(body["content"].as_str().unwrap().chars().take(100_000).collect::<String>());
        body["description"] = json!("語".repeat(1_000));
        body["tags"] =
            json!((0..10).map(|n| format!("{}{n}", "語".repeat(49))).collect::<Vec<_>>());
        create(&ada, body).await;
    }
    indexed(&pool, &ada).await;
    assert_eq!(search(&ada, "findable").await["totalElements"], 7);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn all_of_many_matches_are_counted_and_the_best_known_comes_first(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut connection = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    // The counters after the prompts, as a bulk load writes them.
    sqlx::raw_sql(
        "insert into prompts (id, user_id, username, title, content, category, tags, visibility)
         select gen_random_uuid(), gen_random_uuid(), 'ada', 'Otter ' || n, 'Otters swim.', 'General',
                '{Sea}', 'PUBLIC' from generate_series(1, 1200) n;
         insert into prompt_counters (prompt_id, listed, likes_count)
         select id, true, case when title = 'Otter 1199' then 100 else 0 end from prompts",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    indexed(&pool, &fixture.app.anonymous()).await;
    let page = search(&fixture.app.anonymous(), "otter").await;
    assert_eq!(page["totalElements"], 1200);
    assert_eq!(page["content"][0]["title"], "Otter 1199");
    let page = fixture.app.anonymous().get("/prompts/tag/sea").await.expect(200);
    assert_eq!(page["totalElements"], 1200);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_filter_has_at_most_a_hundred_characters(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    indexed(&pool, &anonymous).await;
    for filter in ["category", "tag", "author", "language"] {
        let path = |length| search_path(&[("keyword", "rust"), (filter, &"a".repeat(length))]);
        anonymous.get(&path(100)).await.expect(200);
        anonymous.get(&path(101)).await.expect_problem(400, "VALIDATION_FAILED");
    }
}
