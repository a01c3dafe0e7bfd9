use serde_json::{Value, json};
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testkit::{Client, eventually, user};

use crate::support::{create, path, private, start};

fn prompt(title: &str, content: &str) -> Value {
    json!({"title": title, "content": content, "category": "General", "tags": []})
}

async fn search(client: &Client, keyword: &str) -> Value {
    search_with(client, &[("keyword", keyword)]).await
}

async fn search_with(client: &Client, query: &[(&str, &str)]) -> Value {
    client.get(&search_path(query)).await.expect(200)
}

fn search_path(query: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let pairs: Vec<_> =
        query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/prompts/search?{}", pairs.join("&"))
}

fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap()).collect()
}

fn sorted(page: &Value) -> Vec<&str> {
    let mut titles = titles(page);
    titles.sort_unstable();
    titles
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn words_are_found_in_every_field_and_those_in_the_title_first(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("In content", "Write a poem about the weather.")).await;
    let mut described = prompt("In description", "Nothing to see here.");
    described["description"] = json!("Writes poems for you");
    create(&ada, described).await;
    let mut tagged = prompt("In tags", "Nothing to see here.");
    tagged["tags"] = json!(["Poem"]);
    create(&ada, tagged).await;
    create(&ada, prompt("Poem writer", "Nothing to see here.")).await;
    create(&ada, prompt("Another one", "Nothing to see here.")).await;

    let page = search(&anonymous, "poem").await;
    assert_eq!(titles(&page), ["Poem writer", "In tags", "In description", "In content"]);
    assert_eq!(page["totalElements"], 4);
    let highlights: Vec<_> =
        page["content"].as_array().unwrap().iter().map(|hit| hit["highlight"].clone()).collect();
    assert_eq!(
        highlights,
        [
            "<mark>Poem</mark> writer",
            "Nothing to see here.",
            "Writes <mark>poems</mark> for you",
            "Write a <mark>poem</mark> about the weather."
        ]
    );
    // A hit is a prompt.
    assert_eq!(page["content"][0]["username"], "ada");
    assert_eq!(page["content"][0]["contentPreview"], "Nothing to see here.");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_syntax_of_web_search_is_understood(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Rust code review", "Reviews what you write.")).await;
    create(&ada, prompt("Review of Java code", "Reviews what you write.")).await;
    create(&ada, prompt("Go tutor", "Teaches Node.js and Go.")).await;

    for (keyword, found) in [
        ("review", vec!["Review of Java code", "Rust code review"]),
        ("reviewing CODE", vec!["Review of Java code", "Rust code review"]),
        ("\"code review\"", vec!["Rust code review"]),
        ("code review -java", vec!["Rust code review"]),
        ("code -\"code review\"", vec!["Review of Java code"]),
        ("rust or go", vec!["Go tutor", "Rust code review"]),
        ("rust go", vec![]),
        ("node", vec!["Go tutor"]),
        ("node.js", vec!["Go tutor"]),
        ("tut", vec!["Go tutor"]),
        ("\"tut\"", vec![]),
    ] {
        // Beginnings of words are known from the catalog, a moment later.
        eventually(keyword, async || {
            (sorted(&search(&anonymous, keyword).await) == found).then_some(())
        })
        .await;
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_misspelt_word_is_found(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Python programming", "Teaches you how.")).await;
    create(&ada, prompt("Café finder", "Finds you one.")).await;
    create(&ada, private(prompt("Kubernetes secrets", "Only of mine."))).await;
    for misspelt in ["pyhton", "progrmming", "pythn programing"] {
        eventually(misspelt, async || {
            let page = search(&anonymous, misspelt).await;
            (titles(&page) == ["Python programming"]).then_some(page)
        })
        .await;
    }
    let page = search(&anonymous, "pyhton").await;
    assert_eq!(page["content"][0]["highlight"], "<mark>Python</mark> programming");
    assert_eq!(titles(&search(&anonymous, "cafe").await), ["Café finder"]);
    assert_eq!(search(&anonymous, "kuberntes").await["totalElements"], 0);
}

/// `node` is one slip from `code`, and stands in a content, which the catalog of words leaves out.
#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_word_that_a_prompt_has_is_not_taken_to_be_misspelt(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Code review", "Reviews what you write.")).await;
    create(&ada, prompt("Go tutor", "Teaches Node.js and Go.")).await;
    eventually("the catalog to know the word", async || {
        (titles(&search(&anonymous, "coed").await) == ["Code review"]).then_some(())
    })
    .await;
    assert_eq!(titles(&search(&anonymous, "node").await), ["Go tutor"]);
}

/// `termnal` is one slip from the word, and three from its stem `termin`.
#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_misspelt_word_is_compared_with_words_as_they_are_written(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Linux Terminal", "Answers as a shell would.")).await;
    create(&ada, prompt("Terminology of Linux", "Explains words.")).await;
    for misspelt in ["linux termnal", "termnal", "linxu terminals"] {
        eventually(misspelt, async || {
            let page = search(&anonymous, misspelt).await;
            (titles(&page) == ["Linux Terminal"]).then_some(())
        })
        .await;
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn any_script_is_found(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("专业写作助手GPT", "帮助您写文章，改进文字。谢谢您！")).await;
    create(&ada, prompt("プログラミング先生", "コードを教えてくださいとお願いします")).await;
    create(&ada, prompt("ผู้ช่วยแปลภาษา", "แปลข้อความเป็นภาษาอังกฤษ")).await;
    create(&ada, prompt("Помощник программиста", "Помогает писать программы.")).await;
    create(&ada, prompt("مساعد البرمجة", "يساعدك في كتابة البرامج")).await;
    create(&ada, prompt("हिन्दी शिक्षक", "आप सबको हिन्दी सिखाता है")).await;
    create(&ada, prompt("한국어 선생님", "한국어를 가르칩니다 여러분")).await;
    for (keyword, title) in [
        ("写作", "专业写作助手GPT"),
        ("写作助手", "专业写作助手GPT"),
        ("gpt", "专业写作助手GPT"),
        ("写作 gpt", "专业写作助手GPT"),
        ("手", "专业写作助手GPT"),
        ("业", "专业写作助手GPT"),
        ("文章", "专业写作助手GPT"),
        ("プログラミング", "プログラミング先生"),
        ("コード", "プログラミング先生"),
        ("แปลภาษา", "ผู้ช่วยแปลภาษา"),
        ("ข้อความ", "ผู้ช่วยแปลภาษา"),
        ("ПРОГРАММИСТА", "Помощник программиста"),
        ("البرمجة", "مساعد البرمجة"),
        ("हिन्दी", "हिन्दी शिक्षक"),
        ("한국어", "한국어 선생님"),
    ] {
        let page = search(&anonymous, keyword).await;
        assert_eq!(titles(&page), [title], "{keyword}");
        let highlight = page["content"][0]["highlight"].as_str().unwrap();
        assert!(highlight.contains("<mark>"), "{keyword}: {highlight}");
    }
    for absent in ["作写", "写助", "文字字", "ภาษาไทย"] {
        assert_eq!(search(&anonymous, absent).await["totalElements"], 0, "{absent}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn nothing_that_is_not_listed_is_found_by_anyone(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let shown = create(&ada, prompt("Shown zebra", "Zebras for everyone.")).await;
    create(&ada, private(prompt("Hidden zebra", "Zebras for me."))).await;
    for (field, value) in [("visibility", "UNLISTED"), ("status", "DRAFT"), ("status", "ARCHIVED")]
    {
        let prompt = create(&ada, prompt("Hidden zebra", "Zebras for me.")).await;
        ada.put(&path(&prompt), json!({field: value})).await.expect(200);
    }
    for client in [&anonymous, &ada] {
        assert_eq!(titles(&search(client, "zebra").await), ["Shown zebra"]);
    }
    // What is edited is found as it is, and no longer as it was.
    ada.put(&path(&shown), json!({"title": "Shown giraffe", "content": "Giraffes for everyone."}))
        .await
        .expect(200);
    assert_eq!(search(&anonymous, "zebra").await["totalElements"], 0);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 1);
    ada.put(&path(&shown), json!({"visibility": "PRIVATE"})).await.expect(200);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 0);
    ada.put(&path(&shown), json!({"visibility": "PUBLIC"})).await.expect(200);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 1);
    ada.delete(&path(&shown)).await.expect(204);
    assert_eq!(search(&anonymous, "giraffe").await["totalElements"], 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn of_a_premium_prompt_no_more_than_its_preview_is_found_or_shown(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let content = format!("An opening about dragons. {} Then the treasure.", "Filler. ".repeat(40));
    let sold = create(&ada, prompt("Sold", &content)).await;
    assert_eq!(search(&anonymous, "treasure").await["totalElements"], 1);
    anonymous
        .internal()
        .put(
            &format!("/internal{}/premium", path(&sold)),
            json!({"premium": true, "price": 5, "revision": 1}),
        )
        .await
        .expect(200);
    // Not by its author either: what is found is the same for all.
    for client in [&anonymous, &ada] {
        for hidden in ["treasure", "\"the treasure\"", "treas", "dragons treasure"] {
            assert_eq!(search(client, hidden).await["totalElements"], 0, "{hidden}");
        }
    }
    let page = search(&anonymous, "dragons or treasure").await;
    assert_eq!(page["content"][0]["content"], Value::Null);
    let text = page.to_string();
    assert!(text.contains("<mark>dragons</mark>") && !text.contains("Then the"), "{text}");
    // It was found without the word, so not having it changes nothing.
    assert_eq!(search(&anonymous, "dragons -treasure").await["totalElements"], 1);
    // An edit does not bring it back; the end of the sale does.
    ada.put(&path(&sold), json!({"title": "Still sold"})).await.expect(200);
    assert_eq!(search(&anonymous, "treasure").await["totalElements"], 0);
    anonymous
        .internal()
        .put(&format!("/internal{}/premium", path(&sold)), json!({"premium": false, "revision": 2}))
        .await
        .expect(200);
    assert_eq!(search(&anonymous, "treasure").await["totalElements"], 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_search_can_be_narrowed(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let mut one = prompt("Poem one", "Writes a poem.");
    one["category"] = json!("Writing");
    one["tags"] = json!(["Verse", "short"]);
    let one = create(&ada, one).await;
    let mut two = prompt("Poem two", "Writes a poem.");
    two["tags"] = json!(["verse"]);
    let two = create(&ada, two).await;
    for (name, prompt, rating) in [("bob", &one, 4), ("eve", &one, 5), ("eve", &two, 2)] {
        anonymous
            .forwarded_for(&user(name))
            .post("/api/social/ratings", json!({"promptId": prompt["id"], "rating": rating}))
            .await
            .expect(201);
    }
    for (name, value, found) in [
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
    // The better rated one comes first.
    assert_eq!(titles(&search(&anonymous, "poem").await), ["Poem one", "Poem two"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn hits_can_be_paged_by_number_and_by_cursor(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    for n in 0..7 {
        create(&ada, prompt(&format!("Whale {n}"), "Sings like a whale.")).await;
    }
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
async fn no_keyword_breaks_a_search(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("The <b>bold</b> & the 'quoted'", "\\ It's \"all\" here | and more."))
        .await;
    for nothing in [
        "the",
        "and or the",
        "!!!",
        "-",
        "--",
        "\"",
        "\"\"",
        "'",
        "\\",
        ":*",
        "& | !",
        "-bold",
        "<->",
        "() ()",
        "' or '",
        "\u{301}",
        "\u{200b}",
        "🦀",
        "-\"bold",
        "...",
        "or",
    ] {
        assert_eq!(search(&anonymous, nothing).await["content"], json!([]), "{nothing}");
    }
    for something in
        ["bold'", "'bold':*", "<b>bold</b>", "bold\\", "\"bold", "bold & !quoted", "bold or"]
    {
        let page = search(&anonymous, something).await;
        assert_eq!(page["totalElements"], 1, "{something}");
        let highlight = page["content"][0]["highlight"].as_str().unwrap();
        assert!(highlight.contains("&lt;"), "{highlight}");
    }
    search(&anonymous, &"好".repeat(200)).await;
    search(&anonymous, &"a ".repeat(100)).await;
    search(&anonymous, &"misspelt ".repeat(22)).await;
    let long = "x".repeat(201);
    for bad in [
        vec![("keyword", long.as_str())],
        vec![("keyword", "")],
        vec![("keyword", "  ")],
        vec![("category", "General")],
        vec![("keyword", "bold"), ("minRating", "6")],
        vec![("keyword", "bold"), ("minRating", "x")],
        vec![("keyword", "bold"), ("cursor", "x")],
    ] {
        anonymous.get(&search_path(&bad)).await.expect_problem(400, "VALIDATION_FAILED");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn no_content_is_too_much_to_be_indexed(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
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
        // Each pair another, of 4 bytes a character.
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
    assert_eq!(search(&ada, "findable").await["totalElements"], 7);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn of_many_matches_the_best_known_are_ranked(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let mut connection = PgConnection::connect_with(&database).await.unwrap();
    // As a bulk load writes them: the counters after the prompts.
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
    let page = search(&fixture.app.anonymous(), "otter").await;
    assert_eq!(page["totalElements"], 500);
    assert_eq!(page["content"][0]["title"], "Otter 1199");
    let page = fixture.app.anonymous().get("/prompts/tag/sea").await.expect(200);
    assert_eq!(page["totalElements"], 1200);
}
