//! The prompts that a keyword matches.

use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::{
    search_support::{indexed, prompt, search, search_path, sorted, titles},
    support::{assert_snapshot, create, private, start},
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn words_are_found_in_every_field_and_those_in_the_title_first(pool: PgPool) {
    let fixture = start(&pool).await;
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

    indexed(&pool, &anonymous).await;
    let page = search(&anonymous, "poem").await;
    assert_eq!(titles(&page), ["Poem writer", "In tags", "In description", "In content"]);
    // A hit is a prompt.
    assert_snapshot("search_page", &page);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_syntax_of_web_search_is_understood(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Rust code review", "Reviews what you write.")).await;
    create(&ada, prompt("Review of Java code", "Reviews what you write.")).await;
    create(&ada, prompt("Go tutor", "Teaches Node.js and Go.")).await;

    indexed(&pool, &anonymous).await;
    for (keyword, found) in [
        ("review", vec!["Review of Java code", "Rust code review"]),
        ("reviewing CODE", vec!["Review of Java code", "Rust code review"]),
        ("\"code review\"", vec!["Rust code review"]),
        ("code review -java", vec!["Rust code review"]),
        ("code -\"code review\"", vec!["Review of Java code"]),
        ("rust or go", vec!["Go tutor", "Rust code review"]),
        // Where nothing has all words, what has most of them.
        ("rust go", vec!["Go tutor", "Rust code review"]),
        ("node.js", vec!["Go tutor"]),
        ("tut", vec!["Go tutor"]),
        ("\"tut\"", vec![]),
    ] {
        assert_eq!(sorted(&search(&anonymous, keyword).await), found, "{keyword}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_misspelt_word_is_found(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Python programming", "Teaches you how.")).await;
    create(&ada, prompt("Café finder", "Finds you one.")).await;
    create(&ada, private(prompt("Kubernetes secrets", "Only of mine."))).await;
    indexed(&pool, &anonymous).await;
    for misspelt in ["pyhton", "progrmming", "pythn programing"] {
        let page = search(&anonymous, misspelt).await;
        assert_eq!(titles(&page), ["Python programming"], "{misspelt}");
    }
    let page = search(&anonymous, "pyhton").await;
    assert_eq!(page["content"][0]["highlight"], "<mark>Python</mark> programming");
    assert_eq!(titles(&search(&anonymous, "cafe").await), ["Café finder"]);
    assert_eq!(search(&anonymous, "kuberntes").await["totalElements"], 0);
}

/// `node` is one slip from `code`, and occurs in a content.
#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_word_that_a_prompt_has_is_found_before_what_it_may_be_misspelt_for(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Code review", "Reviews what you write.")).await;
    create(&ada, prompt("Go tutor", "Teaches Node.js and Go.")).await;
    indexed(&pool, &anonymous).await;
    assert_eq!(titles(&search(&anonymous, "coed").await), ["Code review"]);
    assert_eq!(titles(&search(&anonymous, "node").await)[0], "Go tutor");
}

/// `termnal` is one typo from the word, and three from its stem `termin`.
#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_misspelt_word_is_compared_with_words_as_they_are_written(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("Linux Terminal", "Answers as a shell would.")).await;
    create(&ada, prompt("Terminology of Linux", "Explains words.")).await;
    indexed(&pool, &anonymous).await;
    for misspelt in ["linux termnal", "termnal", "linxu terminals"] {
        let page = search(&anonymous, misspelt).await;
        assert_eq!(titles(&page)[0], "Linux Terminal", "{misspelt}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn any_script_is_found(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("专业写作助手GPT", "帮助您写文章，改进文字。谢谢您！")).await;
    create(&ada, prompt("プログラミング先生", "コードを教えてくださいとお願いします")).await;
    create(&ada, prompt("ผู้ช่วยแปลภาษา", "แปลข้อความเป็นภาษาอังกฤษ")).await;
    create(&ada, prompt("Помощник программиста", "Помогает писать программы.")).await;
    create(&ada, prompt("مساعد البرمجة", "يساعدك في كتابة البرامج")).await;
    create(&ada, prompt("हिन्दी शिक्षक", "आप सबको हिन्दी सिखाता है")).await;
    create(&ada, prompt("한국어 선생님", "한국어를 가르칩니다 여러분")).await;
    indexed(&pool, &anonymous).await;
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
    for absent in ["作写", "写助"] {
        assert_eq!(search(&anonymous, absent).await["totalElements"], 0, "{absent}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn no_keyword_breaks_a_search(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, prompt("The <b>bold</b> & the 'quoted'", "\\ It's \"all\" here | and more."))
        .await;
    indexed(&pool, &anonymous).await;
    for nothing in [
        "!!!", "-", "--", "\"", "\"\"", "'", "\\", ":*", "& | !", "-bold", "<->", "() ()",
        "' or '", "\u{301}", "\u{200b}", "🦀", "-\"bold", "...", "or",
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
